"""Take files that emails carry, and show whether they may be sent."""
