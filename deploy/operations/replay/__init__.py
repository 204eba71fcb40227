"""Replaying real service-request logs of other places as requests of a province: the mapping is data, shown in full."""
