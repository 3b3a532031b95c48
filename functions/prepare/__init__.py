"""Preparation for the rest of a deployment."""
