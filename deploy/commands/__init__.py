"""One module per command of `pishkhan`."""
