"""What a notification is and how it may move. Standard library and Pydantic only, no I/O."""
