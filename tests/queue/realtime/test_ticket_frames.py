"""A frame that is put together from bytes says what `describe` says, and is new only when something is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from office360.offices.hours import Schedule
from office360.offices.service import Desk, Office
from office360.offices.service import Line as OfficeLine
from office360.queue.domain.ticket import LineRules, State, Ticket
from office360.queue.domain.wait_estimate import Range
from office360.queue.queries.ticket_json import Scene, ticket_object
from office360.queue.realtime.ticket_frames import Frames, Shown, frame_of

from ..support.tickets import walk_in

MADRID = ZoneInfo("Europe/Madrid")
DESK = Desk("desk-1", "Mesa 1", {"es": "Al fondo, «a la izquierda»", "en": "At the back"}, "left", ("line",))
NAMED = OfficeLine("line", "registry", "A", {"es": "Señas", "en": "Signs"}, False, None, 7)
NOW = datetime(2026, 11, 25, 9, 30, 12, 5, tzinfo=UTC)


def office(**changes: Any) -> Office:
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
        hours=Schedule(MADRID, {}),
        lines=(NAMED,),
        services=(),
        desks=(DESK,),
    )
    return replace(made, **changes)


def scene(tickets: list[Ticket], **changes: Any) -> Scene:
    made = Scene(
        office=office(),
        named=NAMED,
        version=7,
        rules=LineRules(),
        tickets={one.id: one for one in tickets},
        places={one.id: place for place, one in enumerate(tickets) if one.state is State.WAITING},
        ranges={},
        desks_open=1,
        now=NOW,
    )
    return replace(made, **changes)


def written(frames: Frames, ticket_id: str) -> dict[str, Any]:
    shown = frames.shown(ticket_id)
    assert shown is not None
    frame: dict[str, Any] = json.loads(frame_of(shown, frames.end(NOW)))
    return frame


def expected(shown: Scene, ticket_id: str, language: str) -> dict[str, Any]:
    found = ticket_object(shown, ticket_id, language)
    assert found is not None
    return {"type": "ticket", **found, "sent_at": "2026-11-25T10:30:12+01:00"}


STATES = st.sampled_from(list(State))
TICKETS = st.builds(
    lambda number, state, minutes, **changes: walk_in(number, 0, state=state, since=NOW - minutes, **changes),
    st.integers(1, 6),
    STATES,
    st.builds(timedelta, minutes=st.integers(0, 40)),
    desk_id=st.sampled_from([None, "desk-1", "desk-gone"]),
    called_at=st.sampled_from([None, NOW]),
    not_before=st.sampled_from([None, NOW + timedelta(minutes=5)]),
    passes_left=st.integers(0, 3),
    recalls=st.integers(0, 1),
    rejoins=st.integers(0, 1),
    reason=st.sampled_from([None, "appointment_due"]),
    help=st.booleans(),
)
RANGES = st.builds(
    lambda start, length: Range(NOW + timedelta(minutes=start), NOW + timedelta(minutes=start + length)),
    st.integers(0, 3),
    st.integers(1, 2),
)
SCENES = st.builds(
    lambda tickets, ranges, **changes: scene(tickets, ranges=ranges, **changes),
    st.lists(TICKETS, unique_by=lambda one: one.id, min_size=1, max_size=6),
    st.dictionaries(st.sampled_from([f"t{number:02d}" for number in range(1, 7)]), RANGES),
    version=st.integers(1, 10**9),
    desks_open=st.integers(0, 3),
    office=st.builds(
        office,
        paused=st.booleans(),
        pause_message=st.sampled_from([None, "Simulacro: «salgan»"]),
        desks=st.sampled_from([(DESK,), (), (replace(DESK, name="2", way={}),)]),
    ),
    now=st.builds(lambda minutes: NOW + timedelta(minutes=minutes), st.integers(0, 30)),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(SCENES, min_size=1, max_size=4), st.sampled_from(["es", "en"]))
def test_a_frame_says_what_the_ticket_is(scenes: list[Scene], language: str) -> None:
    frames = Frames(language)
    for shown in scenes:
        frames.stage(shown)
        for ticket_id in shown.tickets:
            assert written(frames, ticket_id) == expected(shown, ticket_id, language)


def test_a_ticket_that_the_scene_does_not_know_shows_nothing() -> None:
    frames = Frames("es")
    frames.stage(scene([walk_in(1, 0)]))
    assert frames.shown("t09") is None


def _all_shown(frames: Frames, shown: Scene) -> dict[str, Shown | None]:
    frames.stage(shown)
    return {ticket_id: frames.shown(ticket_id) for ticket_id in shown.tickets}


def test_a_later_version_that_changes_nothing_is_no_news() -> None:
    frames, tickets = Frames("es"), [walk_in(1, 0), walk_in(2, 1)]
    before = _all_shown(frames, scene(tickets))
    again = [replace(one) for one in tickets]  # read once more from SQL
    assert _all_shown(frames, scene(again, version=8)) == before


def test_only_those_whose_state_changed_have_news() -> None:
    frames, tickets = Frames("es"), [walk_in(number, number) for number in range(1, 5)]
    before = _all_shown(frames, scene(tickets))
    asked = [*tickets[:2], replace(tickets[2], help=True), tickets[3]]
    after = _all_shown(frames, scene(asked, version=8))
    assert [key for key in after if after[key] != before[key]] == ["t03"]


def test_a_missed_ticket_has_news_when_it_is_too_late_to_rejoin() -> None:
    missed = walk_in(1, 0, state=State.MISSED, since=NOW)
    frames = Frames("es")
    frames.stage(scene([missed]))
    assert written(frames, "t01")["may"] == ["leave", "rejoin"]
    frames.stage(scene([missed], now=NOW + LineRules().rejoin_within))
    assert written(frames, "t01")["may"] == ["leave"]


def test_a_long_line_is_counted_to_its_end() -> None:
    frames, far = Frames("es"), walk_in(1, 0)
    frames.stage(scene([far], places={"t01": 123_456}))
    assert written(frames, "t01")["ahead"] == 123_456


def test_what_is_kept_of_tickets_that_are_gone_is_bounded() -> None:
    frames = Frames("es")
    for start in range(0, 1_000, 10):
        tickets = [walk_in(number, 0) for number in range(start, start + 10)]
        _all_shown(frames, scene(tickets))
    assert len(frames._own) <= 30
