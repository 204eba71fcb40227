"""Settings, the one composition root, commands, embedded engines, provinces."""
