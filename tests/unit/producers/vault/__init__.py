"""What is tested here stands in the modules of the same names."""
