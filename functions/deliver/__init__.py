"""Messages of the queues."""
