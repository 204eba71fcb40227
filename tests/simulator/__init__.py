"""The real handlers over a broker and a database in memory, through crashes, zombies and outages at any step."""
