"""Frames of bytes: equal to the JSON of the API, and changed only with their content."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from office360.offices.domain.hours import OpeningSchedule
from office360.offices.service import Office, OfficeDesk, OfficeLine
from office360.queue.domain.line_settings import LineSettings
from office360.queue.domain.people_ahead import PeopleAhead, count_people_ahead
from office360.queue.domain.ticket import OtherLineCalls, Ticket, TicketState
from office360.queue.domain.wait_estimate import ForecastRange
from office360.queue.queries.line_view import LineView
from office360.queue.queries.ticket_json import FrameParts, TicketFrames, ticket_object

from ...support.suite.examples import examples
from ..support.tickets import walk_in_ticket

MADRID = ZoneInfo("Europe/Madrid")
DESK = OfficeDesk("desk-1", "Mesa 1", {"es": "Al fondo, «a la izquierda»", "en": "At the back"}, "left", ("line",))
OFFICE_LINE = OfficeLine("line", "registry", False, 7, "A", {"es": "Señas", "en": "Signs"}, None)
NOW = datetime(2026, 11, 25, 9, 30, 12, 5, tzinfo=UTC)


def make_office(**changes: Any) -> Office:
    made = Office(
        id="office",
        slug="centro",
        name="Centro",
        address="",
        phone="",
        timezone=MADRID,
        access=None,
        paused=False,
        pause_message=None,
        hours=OpeningSchedule(MADRID, {}),
        lines=(OFFICE_LINE,),
        services=(),
        desks=(DESK,),
    )
    return replace(made, **changes)


def make_view(tickets: list[Ticket], **changes: Any) -> LineView:
    made = LineView(
        office=make_office(),
        office_line=OFFICE_LINE,
        version=7,
        settings=LineSettings(),
        tickets={ticket.id: ticket for ticket in tickets},
        ahead=count_people_ahead([ticket.id for ticket in tickets if ticket.state is TicketState.WAITING], (), ()),
        ranges={},
        desks_open=1,
        other_calls=None,
        now=NOW,
    )
    return replace(made, **changes)


def frame_json(frames: TicketFrames, ticket_id: str) -> dict[str, Any]:
    shown = frames.frame_parts(ticket_id)
    assert shown is not None
    frame: dict[str, Any] = json.loads(b"".join((*shown, frames.frame_end(NOW))))
    return frame


def expected_frame(shown: LineView, ticket_id: str, language: str) -> dict[str, Any]:
    found = ticket_object(shown, ticket_id, language)
    assert found is not None
    return {"type": "ticket", **found, "sent_at": "2026-11-25T10:30:12+01:00"}


STATES = st.sampled_from(list(TicketState))
TICKETS = st.builds(
    lambda number, state, minutes, **changes: walk_in_ticket(
        number, 0, state=state, since=NOW - minutes, **changes
    ),
    st.integers(1, 6),
    STATES,
    st.builds(timedelta, minutes=st.integers(0, 40)),
    desk_id=st.sampled_from([None, "desk-1", "desk-gone"]),
    called_at=st.sampled_from([None, NOW]),
    not_before=st.sampled_from([None, NOW + timedelta(minutes=5)]),
    overtakings_left=st.integers(0, 3),
    recalls=st.integers(0, 1),
    rejoins=st.integers(0, 1),
    reason=st.sampled_from([None, "appointment_due"]),
    help=st.booleans(),
)
RANGES = st.builds(
    lambda start, length: ForecastRange(NOW + timedelta(minutes=start), NOW + timedelta(minutes=start + length)),
    st.integers(0, 3),
    st.integers(1, 2),
)


def _ahead_of_waiting(tickets: list[Ticket], counts: list[tuple[int, int]]) -> PeopleAhead:
    waiting = [ticket.id for ticket in tickets if ticket.state is TicketState.WAITING]
    drawn = dict(zip(waiting, counts, strict=False))
    return PeopleAhead(
        {id: position for id, (position, _) in drawn.items()},
        {id: others for id, (_, others) in drawn.items() if others},
    )


VIEWS = st.builds(
    lambda tickets, ranges, ahead, **changes: make_view(
        tickets, ranges=ranges, ahead=_ahead_of_waiting(tickets, ahead), **changes
    ),
    st.lists(TICKETS, unique_by=lambda ticket: ticket.id, min_size=1, max_size=6),
    st.dictionaries(st.sampled_from([f"t{number:02d}" for number in range(1, 7)]), RANGES),
    st.lists(st.tuples(st.integers(0, 9_999), st.integers(0, 2)), min_size=6, max_size=6),
    version=st.integers(1, 10**9),
    desks_open=st.integers(0, 3),
    other_calls=st.sampled_from([None, OtherLineCalls((NOW, NOW), None), OtherLineCalls((NOW,) * 3, NOW)]),
    office=st.builds(
        make_office,
        paused=st.booleans(),
        pause_message=st.sampled_from([None, "Simulacro: «salgan»"]),
        desks=st.sampled_from([(DESK,), (), (replace(DESK, name="2", way={}),)]),
    ),
    now=st.builds(lambda minutes: NOW + timedelta(minutes=minutes), st.integers(0, 30)),
)


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(VIEWS, min_size=1, max_size=4), st.sampled_from(["es", "en"]))
def test_frame_equals_ticket_json(scenes: list[LineView], language: str) -> None:
    frames = TicketFrames(language)
    for shown in scenes:
        frames.set_view(shown)
        for ticket_id in shown.tickets:
            assert frame_json(frames, ticket_id) == expected_frame(shown, ticket_id, language)


def test_unknown_ticket_has_no_frame() -> None:
    frames = TicketFrames("es")
    frames.set_view(make_view([walk_in_ticket(1, 0)]))
    assert frames.frame_parts("t09") is None


def _frame_parts_by_ticket(frames: TicketFrames, shown: LineView) -> dict[str, FrameParts | None]:
    frames.set_view(shown)
    return {ticket_id: frames.frame_parts(ticket_id) for ticket_id in shown.tickets}


def test_new_version_without_change_keeps_frame() -> None:
    frames, tickets = TicketFrames("es"), [walk_in_ticket(1, 0), walk_in_ticket(2, 1)]
    before = _frame_parts_by_ticket(frames, make_view(tickets))
    again = [replace(ticket) for ticket in tickets]  # as read from SQL again
    assert _frame_parts_by_ticket(frames, make_view(again, version=8)) == before


def test_only_changed_tickets_get_new_frames() -> None:
    frames, tickets = TicketFrames("es"), [walk_in_ticket(number, number) for number in range(1, 5)]
    before = _frame_parts_by_ticket(frames, make_view(tickets))
    changed = [*tickets[:2], replace(tickets[2], help=True), tickets[3]]
    after = _frame_parts_by_ticket(frames, make_view(changed, version=8))
    assert [key for key in after if after[key] != before[key]] == ["t03"]


def test_missed_ticket_frame_changes_when_rejoin_ends() -> None:
    missed = walk_in_ticket(1, 0, state=TicketState.MISSED, since=NOW)
    frames = TicketFrames("es")
    frames.set_view(make_view([missed]))
    assert frame_json(frames, "t01")["may"] == ["leave", "rejoin"]
    frames.set_view(make_view([missed], now=NOW + LineSettings().rejoin_within))
    assert frame_json(frames, "t01")["may"] == ["leave"]


def test_frame_shows_positions_above_prebuilt_limit() -> None:
    frames, far = TicketFrames("es"), walk_in_ticket(1, 0)
    frames.set_view(make_view([far], ahead=PeopleAhead({"t01": 123_456}, {})))
    assert frame_json(frames, "t01")["ahead"] == 123_456


def test_cache_of_ended_tickets_is_bounded() -> None:
    frames = TicketFrames("es")
    for start in range(0, 1_000, 10):
        tickets = [walk_in_ticket(number, 0) for number in range(start, start + 10)]
        _frame_parts_by_ticket(frames, make_view(tickets))
    assert len(frames._ticket_parts) <= 30


def test_tickets_with_equal_waits_share_their_bytes() -> None:
    frames, tickets = TicketFrames("es"), [walk_in_ticket(1, 0), walk_in_ticket(2, 0)]
    same = ForecastRange(NOW, NOW + timedelta(minutes=10))
    shown = _frame_parts_by_ticket(frames, make_view(tickets, ranges=dict.fromkeys(("t01", "t02"), same)))
    first, second = shown["t01"], shown["t02"]
    assert first is not None
    assert second is not None
    assert first[2] is second[2]
