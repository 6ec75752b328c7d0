"""Announcement of changes of an office to its boards and displays."""

from __future__ import annotations

from ...core.runtime import Transaction
from ...offices.service import Office, office_topic
from ..domain.topics import display_topic


def announce_office_change(tx: Transaction, office: Office) -> None:
    """Make the boards and displays of every process read a changed office again."""
    tx.publish_latest(office_topic(office.slug), {})
    tx.publish_latest(display_topic(office.slug), {"office": office.id})
