"""Decide what is published: registry changes, requests, progress, and the relay from the outbox."""
