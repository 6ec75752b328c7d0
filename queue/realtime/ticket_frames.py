"""The frames of one line's phones, in one language, from bytes that are made once. Pure but for what it remembers.

A frame is the ticket's own part, how many are ahead, the range, the line's part, version and time. The parts are
those of `view.ticket_object`, as JSON; of two thousand frames only the numbers differ.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...core.i18n.dates import rfc3339
from ..domain.ticket import OVER, State, Ticket
from ..domain.wait_estimate import Range
from ..queries.ticket_json import Scene, line_part, own_part, range_json

Shown = tuple[bytes, bytes, bytes, bytes]
"""What a phone shows, without version and time: own part, ahead, range, the line's part."""

AHEAD_KEPT = 5_000  # numbers that are written once; longer lines are written each time
RANGES_KEPT = 1_000
_NULL = b"null"
NOBODY = b'"ahead":null,"eta":'
_AHEAD = tuple(b'"ahead":%d,"eta":' % number for number in range(AHEAD_KEPT))


class Frames:
    """What the phones of one line are shown in one language. `stage` first, then `shown` and `end` for each."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._scene: Scene | None = None
        self._tickets: Mapping[str, Ticket] = {}
        self._places: Mapping[str, int] = {}
        self._ranges: Mapping[str, Range] = {}
        self._around: object = None
        self._own: dict[str, tuple[Ticket, bytes]] = {}
        self._cards: dict[str, tuple[Ticket, bytes, bytes]] = {}  # with the range; of these very ranges
        self._etas: dict[Range, bytes] = {}  # ranges are few, for they are rounded
        self._line = b""

    def stage(self, scene: Scene) -> None:
        """From now on show this scene. What it shares with the last one is not written again."""
        office = scene.office
        around = office.desks, office.timezone, office.paused, scene.rules
        if self._around != around:
            self._around, self._own, self._cards, self._etas = around, {}, {}, {}
        elif len(self._own) > 2 * len(scene.tickets):
            self._own = {key: own for key, own in self._own.items() if key in scene.tickets}
            self._cards = {}
        if self._ranges is not scene.ranges:
            self._ranges, self._cards = scene.ranges, {}
            if len(self._etas) > RANGES_KEPT:
                self._etas = {}
        self._scene, self._tickets, self._places = scene, scene.tickets, scene.places
        self._line = b"," + _json(line_part(scene, self._language))[1:-1] + b',"v":'

    def end(self, now: datetime) -> bytes:
        """The end of every frame that leaves now: the line's part, version and time."""
        assert self._scene is not None
        sent_at = rfc3339(now, self._scene.office.timezone).encode()
        return self._line + b'%d,"sent_at":"%b"}' % (self._scene.version, sent_at)

    def shown(self, ticket_id: str) -> Shown | None:
        """What this ticket's phone should show; None when the scene does not know it."""
        ticket = self._tickets.get(ticket_id)
        if ticket is None:
            return None
        card = self._cards.get(ticket_id)
        if card is None or card[0] is not ticket:
            card = self._write(ticket)
        place = self._places.get(ticket_id)
        if place is None:
            return card[1], NOBODY, card[2], self._line
        ahead = _AHEAD[place] if place < AHEAD_KEPT else b'"ahead":%d,"eta":' % place
        return card[1], ahead, card[2], self._line

    def _write(self, ticket: Ticket) -> tuple[Ticket, bytes, bytes]:
        assert self._scene is not None
        known = self._own.get(ticket.id)
        if known is not None and known[0] == ticket:  # the same, perhaps read once more from SQL
            own = known[1]
        else:
            own = _json({"type": "ticket", **own_part(self._scene, ticket, self._language)})[:-1] + b","
        card = ticket, own, self._eta(ticket)
        if ticket.state is not State.MISSED:  # of which the clock decides, too
            self._own[ticket.id], self._cards[ticket.id] = (ticket, own), card
        return card

    def _eta(self, ticket: Ticket) -> bytes:
        found = self._ranges.get(ticket.id)
        if found is None or ticket.state is not State.WAITING:
            return _NULL
        assert self._scene is not None
        if found not in self._etas:
            self._etas[found] = _json(range_json(found, self._scene.office))
        return self._etas[found]


def frame_of(shown: Shown, end: bytes) -> bytes:
    """The contract's message, whole. `end` has the line's part."""
    own, ahead, eta, _ = shown
    return b"".join((own, ahead, eta, end))


def is_over(scene: Scene, ticket_id: str) -> bool:
    """Whether nothing more will be told of this ticket."""
    ticket = scene.tickets.get(ticket_id)
    return ticket is not None and ticket.state in OVER


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
