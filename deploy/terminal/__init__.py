"""What a person at a counter or in an agency sees and says at the terminal."""
