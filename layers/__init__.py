"""Builds what the Lambda functions are deployed from: two layers and the code they share, without Docker."""
