"""The ledger: a deterministic fold of the requests log."""
