"""The notification store: notifications, audit entries and counters, written together."""
