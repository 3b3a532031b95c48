"""Take attachments from clients, and delete those that no notification has any more."""
