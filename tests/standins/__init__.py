"""Servers that speak the documented protocols of the services that WaveCom calls, faults included."""
