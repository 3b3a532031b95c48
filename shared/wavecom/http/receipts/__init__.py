"""Delivery reports as providers send them, checked and read into `wavecom.domain.reports`."""
