"""How long tests wait for what has to come.

It comes within a second or two where browsers, servers and databases have the cores to themselves, and within this
time on a machine that is busy. What must come sooner than something else has a limit of its own, in its test.
"""

from __future__ import annotations

TEST_TIMEOUT_S = 30  # servers and sockets
PAGE_TIMEOUT_MS = 60_000  # pages: two browsers and what they look at; media that are measured
