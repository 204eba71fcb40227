"""The one loop under every consumer: own partitions, take a batch, decide, commit position and effects as one."""
