"""The entry points that AWS Lambda calls, one a folder."""
