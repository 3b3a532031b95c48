"""Create, list, look at, cancel and retry notifications."""
