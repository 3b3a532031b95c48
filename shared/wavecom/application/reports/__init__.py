"""Apply the delivery reports of providers."""
