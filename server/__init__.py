"""Composition root: app, settings, lifespan, command line, migrations, demo city."""
