"""The command line ``wavecom``, a client of WaveCom's HTTP API only."""
