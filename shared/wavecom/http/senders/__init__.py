"""Show senders, and change them with an operator's key."""
