"""One feed per party: what the logs say, told to everybody whom it concerns, numbered without gaps."""
