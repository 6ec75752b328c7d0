"""Composition root: app, settings, lifespan, command line, migrations, demo city."""

import atexit
import gc

# The modules are 265,000 objects that live as long as the process. By default, the collector would read them
# several times while they are imported, a quarter of the CPU of a start. A server sets other thresholds after its
# start (process/garbage_collector.py).
gc.set_threshold(400_000, 20, 10)
# Python collects in full when it ends: 0.3 s for memory that the system takes back anyway.
atexit.register(gc.freeze)
