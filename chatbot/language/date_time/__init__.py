"""Days and times in a message: the grammar that all languages share. Pure."""
