"""Words of languages as data files, and their readers."""
