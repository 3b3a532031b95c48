"""Put notifications back on their way: the sweep, replays of dead letters, cancel and retry."""
