"""Providers of SMS."""
