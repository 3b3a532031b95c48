"""Create, rotate and revoke API keys."""
