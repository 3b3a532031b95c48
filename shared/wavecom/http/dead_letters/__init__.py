"""Show and replay dead letters."""
