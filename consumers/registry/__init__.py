"""Versions of everything the bus knows: services, agreements, offices, policy, calendars."""
