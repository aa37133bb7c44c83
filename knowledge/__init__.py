"""What we know and how it is found: documents, generations, search."""
