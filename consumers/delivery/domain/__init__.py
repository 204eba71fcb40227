"""Whom an event of the logs concerns, and what of it is told to whom: values in, values out."""
