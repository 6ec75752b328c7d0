"""Spanish words and grammars."""
