"""The tables, who may do what with them, and bringing a database up to them."""
