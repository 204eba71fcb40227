"""The exported AsyncAPI document before its official judge."""
