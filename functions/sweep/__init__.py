"""Recovery of overdue notifications."""
