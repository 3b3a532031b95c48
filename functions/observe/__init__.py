"""What the alarms stand on."""
