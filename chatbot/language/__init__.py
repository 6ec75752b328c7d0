"""Grammars that read what a citizen writes. Pure."""
