"""What providers report of the messages they accepted."""
