"""Read notifications and statistics."""
