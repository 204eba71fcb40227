"""The bus's broker and database in memory: one of each, with honest transactions, so that rare stories can be told."""
