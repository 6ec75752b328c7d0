"""Tables of the documents that are made of the code."""
