"""API keys for callers that IAM admits, above all the first key of a deployment."""
