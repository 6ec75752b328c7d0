"""Names of the bus topics of the queue."""

from __future__ import annotations


def line_topic(office: str, line: str) -> str:
    """Return the topic of the changes of a line. Both arguments are slugs."""
    return f"{{{office}}}:line:{line}"


def display_topic(office: str) -> str:
    """Return the topic that announces changes to the waiting-room displays of an office.

    A message holds the new versions by line id; the changes themselves are on the topics of the lines. Or it holds
    the id of an office whose parts or hours changed, which must be read again.
    """
    return f"{{{office}}}:display"
