"""Suppression lists: addresses that a tenant's notifications must not go to."""
