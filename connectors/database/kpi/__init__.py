"""Facts and figures, and the stores of their consumer."""
