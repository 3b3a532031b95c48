"""The metrics that alarms use."""
