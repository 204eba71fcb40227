"""Boards as code: what is shown of the running bus. Needs the development dependencies."""
