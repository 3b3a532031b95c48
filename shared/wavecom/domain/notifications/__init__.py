"""A notification: what it is, how it may move, and the audit trail of its moves."""
