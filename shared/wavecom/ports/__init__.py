"""The application's needs of the outside world, as Protocols: one file a capability. Adapters implement them."""
