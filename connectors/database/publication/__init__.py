"""The outbox: what is to be published, the relay's work on it, what was set aside."""
