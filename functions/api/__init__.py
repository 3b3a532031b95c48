"""Client requests."""
