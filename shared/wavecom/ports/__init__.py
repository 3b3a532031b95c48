"""What the application needs of the world, as Protocols: one file a capability. Adapters fill them."""
