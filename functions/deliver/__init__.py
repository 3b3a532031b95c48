"""Queue messages."""
