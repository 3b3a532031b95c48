"""A notification, its allowed status changes, and their audit trail."""
