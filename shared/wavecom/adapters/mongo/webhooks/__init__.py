"""Endpoints and deliveries of webhooks in MongoDB."""
