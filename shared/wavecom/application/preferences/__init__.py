"""Categories of messages, and what recipients want of them."""
