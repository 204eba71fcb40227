"""Workers: one row each in `table.py`, and the module of the same name builds what the row runs."""
