"""Text rules, and the limits of networks and push services."""
