"""Create, list, show, cancel and retry notifications."""
