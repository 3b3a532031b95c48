"""Calls of webhooks: what an endpoint answers."""
