"""The notification and its status machine. Standard library and Pydantic only, no I/O."""
