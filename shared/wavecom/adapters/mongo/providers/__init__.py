"""Breakers, rate limits and weights of providers, shared by all processes."""
