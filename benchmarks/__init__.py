"""Measures WaveCom's speed and cost, repeatably, with results as data."""
