"""Show and check the state of the service: the ledger, audit trails, providers, metrics."""
