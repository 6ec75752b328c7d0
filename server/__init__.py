"""Composition root: settings, app, lifespan, security, error pages, command line, migrations, demo city."""
