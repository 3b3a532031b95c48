"""WaveCom: transactional email, SMS and push. None lost, none sent twice."""

__version__ = "0.1.0"
