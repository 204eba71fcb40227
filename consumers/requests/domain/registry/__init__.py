"""What is known and in force: the registry's log folded, office hours, distances."""
