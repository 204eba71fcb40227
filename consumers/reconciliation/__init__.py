"""Comparing what the topics, the outbox, the requests, the ledger and the collected cash say of the same events."""
