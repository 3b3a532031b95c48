"""Events: what became of a tenant's things, as its own systems are told."""
