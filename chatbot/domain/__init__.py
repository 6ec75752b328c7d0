"""Types that the grammars and the dialogue share. Pure."""
