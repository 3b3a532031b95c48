"""Before the rest of a deployment."""
