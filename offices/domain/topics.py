"""Bus topics of an office.

The braces make a Redis cluster keep all topics of an office on the same shard.
"""

from __future__ import annotations

# A message of the office's topic: only calls changed the board, and its lines' messages tell how.
CALLS_ONLY = {"calls_only": True}


def office_topic(slug: str) -> str:
    """Build the topic on which changes of an office's board are published."""
    return f"{{{slug}}}:office"
