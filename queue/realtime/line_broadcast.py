"""One line as its phones in this process are shown it: the newest scene, and its frames in each language.

No SQL, no sockets: what has been read or heard is put on, and taken from here for each phone.
"""

from __future__ import annotations

from datetime import datetime

from ...offices.service import Office
from ..domain.incremental_order import Order, order_of
from ..domain.ticket import AT_DESK, State
from ..domain.wait_estimate import Range
from ..queries.forecasts import FRESH_S
from ..queries.office_state import Floor
from ..queries.ticket_json import Scene
from ..storage.line_cache import Snapshot
from .ticket_frames import Frames


class Stage:
    """Begins empty. `read` puts on what SQL says, `go_on` what the bus has told since."""

    def __init__(self, topic: str, office_id: str, line_id: str) -> None:
        self.topic = topic
        self.office_id = office_id
        self.line_id = line_id
        self.caught_up = False  # everything since a read has been heard, so nothing need be read for a new phone
        self.is_short = True
        self.at_desks: frozenset[str] = frozenset()  # whose phones come first: who is called, or served
        self._read_at_s = 0.0
        self._office: Office | None = None
        self._ranges: dict[str, Range] = {}
        self._newcomer: Range | None = None  # the range of whoever comes before the next read
        self._order: Order | None = None
        self._scene: Scene | None = None
        self._frames: dict[str, Frames] = {}

    @property
    def version(self) -> int:
        """The version on stage; 0 before the first."""
        return self._scene.version if self._scene is not None else 0

    @property
    def scene(self) -> Scene:
        """What is on stage. Not before the first read."""
        assert self._scene is not None
        return self._scene

    def knows(self, ticket_id: str, version: int) -> bool:
        """Whether the phone of this ticket, seen at this version of its line, can be shown its state at once."""
        if not self.caught_up or self._scene is None or self._scene.version < version:
            return False
        ticket = self._scene.tickets.get(ticket_id)
        if ticket is None:
            return False
        return ticket.state is not State.WAITING or ticket_id in self._ranges or not self._ranges

    def is_fresh(self, now_s: float) -> bool:
        """Whether the ranges are those of a moment ago. `now_s`: of a monotonic clock."""
        return now_s - self._read_at_s < FRESH_S

    def read(self, snapshot: Snapshot, around: Floor, now_s: float) -> None:
        """Put on what was read: the line itself, and the floor of its office for the ranges."""
        self._order = order_of(snapshot.line, around.now, self._order)
        self._ranges = dict(around.ranges(self.line_id, self._order.ids))
        told = around.foretold.get(self.line_id)
        self._newcomer = told.newcomer.called if told is not None and told.newcomer is not None else None
        self._office, self.is_short = around.office, not around.is_long()
        self.caught_up, self._read_at_s = True, now_s
        self._put_on(snapshot, around.office, around.now)

    def go_on(self, snapshot: Snapshot, now: datetime) -> bool:
        """Put on a newer version of a line that was read before; whether it is newer."""
        if self._office is None or snapshot.version <= self.version:
            return False
        self._put_on(snapshot, self._office, now)
        return True

    def show(self, scene: Scene) -> None:
        """Put on a scene as it is."""
        self._scene = scene
        self.at_desks = frozenset(key for key, ticket in scene.tickets.items() if ticket.state in AT_DESK)
        for frames in self._frames.values():
            frames.stage(scene)

    def _put_on(self, snapshot: Snapshot, office: Office, now: datetime) -> None:
        self._order = order_of(snapshot.line, now, self._order)
        if self._newcomer is not None:
            self._ranges |= dict.fromkeys(self._order.waiting.keys() - self._ranges.keys(), self._newcomer)
        scene = Scene(
            office=office,
            named=office.line_by_id(self.line_id),
            version=snapshot.version,
            rules=snapshot.line.rules,
            tickets={**snapshot.ended, **{ticket.id: ticket for ticket in snapshot.line.tickets}},
            places=dict(zip(self._order.ids, range(len(self._order.ids)), strict=True)),
            ranges=self._ranges,
            desks_open=len(snapshot.sessions),
            now=now,
        )
        self.show(scene)

    def frames(self, language: str) -> Frames:
        """The frames of what is on stage, in this language."""
        found = self._frames.get(language)
        if found is None:
            found = self._frames[language] = Frames(language)
            found.stage(self.scene)
        return found
