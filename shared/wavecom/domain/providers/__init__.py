"""Calls to providers: what they are given, what they answer, and what limits them."""
