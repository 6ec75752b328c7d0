"""Sentences that the grammar did not understand, as phrases that it knows. Pure."""
