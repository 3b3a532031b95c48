"""What stacks are made of: one construct, or one family of them, a file."""
