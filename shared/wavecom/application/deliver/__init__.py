"""Deliver batches of queue messages: claim, select a provider, send, record."""
