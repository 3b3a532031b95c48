"""What a text may hold, and what networks and services take."""
