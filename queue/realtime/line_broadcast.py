"""One line as its phones in this process are shown it: the newest scene, and its frames in each language.

No SQL, no sockets: what has been read or heard is put on, and taken from here for each phone.
"""

from __future__ import annotations

from datetime import datetime

from ...offices.service import Office
from ..domain.incremental_order import LineOrder, update_line_order
from ..domain.ticket import AT_DESK_STATES, TicketState
from ..domain.wait_estimate import ForecastRange
from ..queries.forecasts import FORECAST_FRESH_S
from ..queries.line_view import LineView
from ..queries.office_state import OfficeState
from ..storage.line_cache import CachedLine
from .ticket_frames import TicketFrames


class LineBroadcast:
    """Begins empty. `read` puts on what SQL says, `go_on` what the bus has told since."""

    def __init__(self, topic: str, office_id: str, line_id: str) -> None:
        self.topic = topic
        self.office_id = office_id
        self.line_id = line_id
        self.is_caught_up = (
            False  # everything since a read has been heard, so nothing need be read for a new phone
        )
        self.is_small = True
        self.urgent_ticket_ids: frozenset[str] = frozenset()  # whose phones come first: who is called, or served
        self._read_at_s = 0.0
        self._office: Office | None = None
        self._ranges: dict[str, ForecastRange] = {}
        self._new_ticket_range: ForecastRange | None = None  # the range of whoever comes before the next read
        self._order: LineOrder | None = None
        self._view: LineView | None = None
        self._frames: dict[str, TicketFrames] = {}

    @property
    def version(self) -> int:
        """The version on stage; 0 before the first."""
        return self._view.version if self._view is not None else 0

    @property
    def view(self) -> LineView:
        """What is on stage. Not before the first read."""
        assert self._view is not None
        return self._view

    def can_show(self, ticket_id: str, version: int) -> bool:
        """Whether the phone of this ticket, seen at this version of its line, can be shown its state at once."""
        if not self.is_caught_up or self._view is None or self._view.version < version:
            return False
        ticket = self._view.tickets.get(ticket_id)
        if ticket is None:
            return False
        return ticket.state is not TicketState.WAITING or ticket_id in self._ranges or not self._ranges

    def are_ranges_fresh(self, now_s: float) -> bool:
        """Whether the ranges are those of a moment ago. `now_s`: of a monotonic clock."""
        return now_s - self._read_at_s < FORECAST_FRESH_S

    def reload(self, cached_line: CachedLine, state: OfficeState, now_s: float) -> None:
        """Put on what was read: the line itself, and the floor of its office for the ranges."""
        self._order = update_line_order(cached_line.line, state.now, self._order)
        self._ranges = dict(state.forecast_ranges(self.line_id, self._order.ids))
        told = state.forecasts.get(self.line_id)
        self._new_ticket_range = (
            told.new_ticket.call_range if told is not None and told.new_ticket is not None else None
        )
        self._office, self.is_small = state.office, not state.is_large()
        self.is_caught_up, self._read_at_s = True, now_s
        self._apply(cached_line, state.office, state.now)

    def apply_snapshot(self, cached_line: CachedLine, now: datetime) -> bool:
        """Put on a newer version of a line that was read before; whether it is newer."""
        if self._office is None or cached_line.version <= self.version:
            return False
        self._apply(cached_line, self._office, now)
        return True

    def render(self, view: LineView) -> None:
        """Put on a scene as it is."""
        self._view = view
        self.urgent_ticket_ids = frozenset(
            key for key, ticket in view.tickets.items() if ticket.state in AT_DESK_STATES
        )
        for frames in self._frames.values():
            frames.set_view(view)

    def _apply(self, cached_line: CachedLine, office: Office, now: datetime) -> None:
        self._order = update_line_order(cached_line.line, now, self._order)
        if self._new_ticket_range is not None:
            self._ranges |= dict.fromkeys(self._order.waiting.keys() - self._ranges.keys(), self._new_ticket_range)
        scene = LineView(
            office=office,
            office_line=office.line_by_id(self.line_id),
            version=cached_line.version,
            settings=cached_line.line.settings,
            tickets={**cached_line.ended, **{ticket.id: ticket for ticket in cached_line.line.tickets}},
            positions=dict(zip(self._order.ids, range(len(self._order.ids)), strict=True)),
            ranges=self._ranges,
            desks_open=len(cached_line.sessions),
            now=now,
        )
        self.render(scene)

    def frames(self, language: str) -> TicketFrames:
        """The frames of what is on stage, in this language."""
        found = self._frames.get(language)
        if found is None:
            found = self._frames[language] = TicketFrames(language)
            found.set_view(self.view)
        return found
