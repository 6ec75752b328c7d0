"""The frames of one line's phones, in one language, from bytes that are made once. Pure but for what it remembers.

A frame is the ticket's own part, how many are ahead, the range, the line's part, version and time. The parts are
those of `view.ticket_object`, as JSON; of two thousand frames only the numbers differ.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..core.dates import rfc3339
from .estimate import Range
from .ticket import OVER, State, Ticket
from .view import Scene, line_part, own_part, range_json

Shown = tuple[bytes, bytes, bytes, bytes]
"""What a phone shows, without version and time: own part, ahead, range, the line's part."""

AHEAD_KEPT = 5_000  # numbers that are written once; longer lines are written each time
RANGES_KEPT = 1_000
_NULL = b"null"
_NOBODY = b'"ahead":null,"eta":'
_AHEAD = tuple(b'"ahead":%d,"eta":' % number for number in range(AHEAD_KEPT))


class Frames:
    """What the phones of one line are shown in one language. `stage` first, then `shown` and `end` for each."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._scene: Scene | None = None
        self._around: object = None
        self._own: dict[str, tuple[Ticket, bytes]] = {}
        self._ranges: Mapping[str, Range] = {}
        self._etas: dict[str, bytes] = {}  # by ticket, of these very ranges
        self._written: dict[Range, bytes] = {}  # ranges are few, for they are rounded
        self._line = b""
        self._end = b""

    def stage(self, scene: Scene) -> None:
        """From now on show this scene. What it shares with the last one is not written again."""
        office = scene.office
        around = office.desks, office.timezone, office.paused, scene.rules
        if self._around != around:
            self._around, self._own, self._etas, self._written = around, {}, {}, {}
        elif len(self._own) > 2 * len(scene.tickets):
            self._own = {key: own for key, own in self._own.items() if key in scene.tickets}
        if self._ranges is not scene.ranges:
            self._ranges, self._etas = scene.ranges, {}
            if len(self._written) > RANGES_KEPT:
                self._written = {}
        self._scene = scene
        self._line = b"," + _json(line_part(scene, self._language))[1:-1] + b',"v":'
        self._end = b'%d,"sent_at":"' % scene.version

    def end(self, now: datetime) -> bytes:
        """The end of every frame that leaves now."""
        assert self._scene is not None
        return self._end + rfc3339(now, self._scene.office.timezone).encode() + b'"}'

    def shown(self, ticket_id: str) -> Shown | None:
        """What this ticket's phone should show; None when the scene does not know it."""
        scene = self._scene
        assert scene is not None
        ticket = scene.tickets.get(ticket_id)
        if ticket is None:
            return None
        known = self._own.get(ticket_id)
        own = known[1] if known is not None and known[0] is ticket else self._write(scene, ticket)
        if ticket.state is not State.WAITING:
            return own, _NOBODY, _NULL, self._line
        place = scene.places.get(ticket_id)
        ahead = _NOBODY if place is None else _AHEAD[place] if place < AHEAD_KEPT else b'"ahead":%d,"eta":' % place
        return own, ahead, self._etas.get(ticket_id) or self._write_eta(scene, ticket_id), self._line

    def _write(self, scene: Scene, ticket: Ticket) -> bytes:
        known = self._own.get(ticket.id)
        if known is not None and known[0] == ticket:  # the same, read once more from SQL
            own = known[1]
        else:
            own = _json({"type": "ticket", **own_part(scene, ticket, self._language)})[:-1] + b","
        if ticket.state is not State.MISSED:  # of which the clock decides, too
            self._own[ticket.id] = ticket, own
        return own

    def _write_eta(self, scene: Scene, ticket_id: str) -> bytes:
        found = scene.ranges.get(ticket_id)
        written = _NULL if found is None else self._written.get(found)
        if written is None:
            written = self._written[found] = _json(range_json(found, scene.office))  # type: ignore[index]
        self._etas[ticket_id] = written
        return written


def frame_of(shown: Shown, end: bytes) -> bytes:
    """The contract's message, whole."""
    return b"".join((*shown, end))


def is_over(scene: Scene, ticket_id: str) -> bool:
    """Whether nothing more will be told of this ticket."""
    ticket = scene.tickets.get(ticket_id)
    return ticket is not None and ticket.state in OVER


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
