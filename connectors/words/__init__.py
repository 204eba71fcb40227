"""What people read, in Persian and English: no input, no output."""
