"""The life of a request, and its routing to an office."""
