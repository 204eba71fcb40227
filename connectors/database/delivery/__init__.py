"""The parties' feeds in the database."""
