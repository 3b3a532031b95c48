"""What nobody moved in time."""
