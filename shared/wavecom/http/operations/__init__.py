"""Show how the service does: ledger, audit trails, providers, statistics, metrics, and the tenant's policy."""
