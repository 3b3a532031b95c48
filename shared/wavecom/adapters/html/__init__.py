"""HTML of emails that clients write."""
