"""Show and check how the service does: the ledger, audit trails, providers, metrics."""
