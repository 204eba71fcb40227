"""Strange records that one hostile agency may write with its own credential, and the end that each must have."""
