"""The command line ``wavecom``: a client of WaveCom's HTTP API, and of nothing else."""
