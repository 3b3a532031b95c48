"""Templates: their versions, their languages, and what they are rendered to."""
