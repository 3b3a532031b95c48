"""API keys for whom IAM lets in: the first one of a deployment, above all."""
