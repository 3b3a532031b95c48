"""Attachments in MongoDB, and their bytes where no other storage is configured."""
