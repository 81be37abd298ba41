"""The desired side: files -> documents with places -> a Snapshot, or every problem."""
