"""Builds the Lambda functions' deployment: two layers and the code they share, without Docker."""
