"""Categories of messages, what recipients want of them, and the page by which they leave one."""
