"""English words and grammars."""
