"""Delivery reports from providers, checked and read into `wavecom.domain.reports`."""
