"""Calls of webhooks at the addresses that clients name, which are taken to be hostile."""
