"""Services that send messages, one module each, with the table of its codes beside its client."""
