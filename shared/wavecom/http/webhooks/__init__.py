"""Make endpoints, and look at what became of their deliveries."""
