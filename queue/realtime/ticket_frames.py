"""The frames of one line's phones, in one language, from bytes that are made once. Pure but for what it remembers.

A frame is the ticket's own part, how many are ahead, the range, the line's part, version and time. The parts are
those of `view.ticket_object`, as JSON; of two thousand frames only the numbers differ.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...core.i18n.dates import format_rfc3339
from ..domain.ticket import ENDED_STATES, Ticket, TicketState
from ..domain.wait_estimate import ForecastRange
from ..queries.line_view import LineView
from ..queries.ticket_json import line_part, range_json, ticket_part

FrameParts = tuple[bytes, bytes, bytes, bytes]
"""What a phone shows, without version and time: own part, ahead, range, the line's part."""

MAX_PREBUILT_POSITIONS = 5_000  # numbers that are written once; longer lines are written each time
MAX_CACHED_RANGES = 1_000
_NULL = b"null"
NO_POSITION = b'"ahead":null,"eta":'
_POSITIONS = tuple(b'"ahead":%d,"eta":' % number for number in range(MAX_PREBUILT_POSITIONS))


class TicketFrames:
    """What the phones of one line are shown in one language. `stage` first, then `shown` and `end` for each."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._view: LineView | None = None
        self._tickets: Mapping[str, Ticket] = {}
        self._positions: Mapping[str, int] = {}
        self._ranges: Mapping[str, ForecastRange] = {}
        self._shared_state: object = None
        self._ticket_parts: dict[str, tuple[Ticket, bytes]] = {}
        self._cards: dict[str, tuple[Ticket, bytes, bytes]] = {}  # with the range; of these very ranges
        self._etas: dict[ForecastRange, bytes] = {}  # ranges are few, for they are rounded
        self._line = b""

    def set_view(self, view: LineView) -> None:
        """From now on show this scene. What it shares with the last one is not written again."""
        office = view.office
        around = office.desks, office.timezone, office.paused, view.settings
        if self._shared_state != around:
            self._shared_state, self._ticket_parts, self._cards, self._etas = around, {}, {}, {}
        elif len(self._ticket_parts) > 2 * len(view.tickets):
            self._ticket_parts = {key: own for key, own in self._ticket_parts.items() if key in view.tickets}
            self._cards = {}
        if self._ranges is not view.ranges:
            self._ranges, self._cards = view.ranges, {}
            if len(self._etas) > MAX_CACHED_RANGES:
                self._etas = {}
        self._view, self._tickets, self._positions = view, view.tickets, view.positions
        self._line = b"," + _to_json_bytes(line_part(view, self._language))[1:-1] + b',"v":'

    def frame_end(self, now: datetime) -> bytes:
        """The end of every frame that leaves now: the line's part, version and time."""
        assert self._view is not None
        sent_at = format_rfc3339(now, self._view.office.timezone).encode()
        return self._line + b'%d,"sent_at":"%b"}' % (self._view.version, sent_at)

    def frame_parts(self, ticket_id: str) -> FrameParts | None:
        """What this ticket's phone should show; None when the scene does not know it."""
        ticket = self._tickets.get(ticket_id)
        if ticket is None:
            return None
        card = self._cards.get(ticket_id)
        if card is None or card[0] is not ticket:
            card = self._make_card(ticket)
        place = self._positions.get(ticket_id)
        if place is None:
            return card[1], NO_POSITION, card[2], self._line
        ahead = _POSITIONS[place] if place < MAX_PREBUILT_POSITIONS else b'"ahead":%d,"eta":' % place
        return card[1], ahead, card[2], self._line

    def _make_card(self, ticket: Ticket) -> tuple[Ticket, bytes, bytes]:
        assert self._view is not None
        known = self._ticket_parts.get(ticket.id)
        if known is not None and known[0] == ticket:  # the same, perhaps read once more from SQL
            own = known[1]
        else:
            own = _to_json_bytes({"type": "ticket", **ticket_part(self._view, ticket, self._language)})[:-1] + b","
        card = ticket, own, self._range_bytes(ticket)
        if ticket.state is not TicketState.MISSED:  # of which the clock decides, too
            self._ticket_parts[ticket.id], self._cards[ticket.id] = (ticket, own), card
        return card

    def _range_bytes(self, ticket: Ticket) -> bytes:
        found = self._ranges.get(ticket.id)
        if found is None or ticket.state is not TicketState.WAITING:
            return _NULL
        assert self._view is not None
        if found not in self._etas:
            self._etas[found] = _to_json_bytes(range_json(found, self._view.office))
        return self._etas[found]


def join_frame(parts: FrameParts, end: bytes) -> bytes:
    """The contract's message, whole. `end` has the line's part."""
    own, ahead, eta, _ = parts
    return b"".join((own, ahead, eta, end))


def has_ended(scene: LineView, ticket_id: str) -> bool:
    """Whether nothing more will be told of this ticket."""
    ticket = scene.tickets.get(ticket_id)
    return ticket is not None and ticket.state in ENDED_STATES


def _to_json_bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
