"""Accept notifications: check, store, queue and answer."""
