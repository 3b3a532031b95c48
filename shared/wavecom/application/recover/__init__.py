"""Recover notifications: the sweep, replays of dead letters, cancel and retry."""
