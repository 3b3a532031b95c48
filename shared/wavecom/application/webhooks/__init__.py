"""Tell the tenants' own systems what became of their notifications."""
