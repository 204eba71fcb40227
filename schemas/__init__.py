"""What travels: every event, its envelope, and the declared table of topics.

Only pydantic and the standard library are imported here, so any part of the system may import any part of this package.
"""
