"""Audit sentences of messages.

Each action that the feature writes has a sentence; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...core.i18n.catalogues import N_

AUDIT_SENTENCES: Mapping[str, str] = {
    "message.retried": N_("Sent a failed message again"),
    "message.told_otherwise": N_("Told the person of a failed message in another way"),
    "message.tested": N_("Sent a test message to themselves"),
}
