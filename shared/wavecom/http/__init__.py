"""The HTTP API: routes, models, errors and what surrounds every request."""
