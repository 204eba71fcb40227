"""The ledger: rows, chains, windows, reads of it, and the stores of its consumer."""
