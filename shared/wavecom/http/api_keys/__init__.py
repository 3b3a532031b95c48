"""Make, rotate and revoke API keys."""
