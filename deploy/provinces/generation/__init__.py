"""What no source states, made from a seed: the same seed gives the same bytes, and every record says so."""
