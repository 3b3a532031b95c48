"""The HTTP API: routes, models, errors, and the middleware around every request."""
