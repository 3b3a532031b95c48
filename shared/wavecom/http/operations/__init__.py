"""Show the state of the service: ledger, audit trails, providers, statistics, metrics, and the tenant's policy."""
