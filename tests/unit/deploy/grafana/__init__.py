"""The board as code."""
