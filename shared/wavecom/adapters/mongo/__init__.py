"""MongoDB: documents, indexes, transactions."""
