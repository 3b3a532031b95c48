"""Read the feed of events."""
