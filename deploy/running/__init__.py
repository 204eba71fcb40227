"""A whole bus in one data folder: starting it, whether it is ready, what it prints while it runs."""
