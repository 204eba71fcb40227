"""What the doors for machines keep: the identities of what was said, and the claims."""
