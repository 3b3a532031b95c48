"""MongoDB: documents, indexes, transactions."""

import sys

# PyMongo's support for PyOpenSSL first imports cryptography, which some providers need, and then fails, since PyOpenSSL
# is not installed: 15 ms of every cold start. None makes that import fail at once
# (https://docs.python.org/3/reference/import.html#the-module-cache).
sys.modules.setdefault("pymongo.pyopenssl_context", None)  # type: ignore[arg-type]
