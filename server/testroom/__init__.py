"""The test room in a process of its own."""
