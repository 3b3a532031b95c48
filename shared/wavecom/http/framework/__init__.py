"""The middleware around every request (keys, limits, validation, errors, headers), and the form of answers."""
