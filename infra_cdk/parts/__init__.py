"""The parts of stacks: one construct, or one family of constructs, a file."""
