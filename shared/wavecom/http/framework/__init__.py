"""What surrounds every request: keys, limits, validation, errors, headers, and how answers are written."""
