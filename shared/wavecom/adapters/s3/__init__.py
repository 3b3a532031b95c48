"""Attachments on Amazon S3."""
