"""Calls to providers: their messages, outcomes and limits."""
