"""Replaying real service-request logs of other places as requests of a province: mapping is data, and told in full."""
