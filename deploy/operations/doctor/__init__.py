"""What `pishkhan doctor` looks at: one declared table of checks, each with words and a remedy."""
