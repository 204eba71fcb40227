"""What each fault of the table does. These break nothing but our own workers, or only say what nobody should say."""
