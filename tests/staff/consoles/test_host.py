"""What the console of the entrance shows, from the office's board."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from office360.staff.consoles.host import host_view
from office360.staff.consoles.locale import Reader

from ..support.boards import MADRID, NOW, OFFICE, READER, at, board, board_desk, board_line, ticket, visit


def entrance(found: dict[str, Any], now: datetime = NOW, reader: Reader = READER) -> dict[str, Any]:
    return host_view(found, now, reader)


def groups(found: dict[str, Any]) -> dict[str, list[str]]:
    return {one["group"]: [row["code"] for row in one["people"]] for one in entrance(found)["groups"]}


def needs(*tickets: dict[str, Any], **values: Any) -> list[tuple[str, str, str, str]]:
    shown = entrance(board(*tickets, **values))["needs"]
    return [(one["kind"], one["code"], one["text"], one["detail"]) for one in shown]


# Who is here


def test_everybody_in_the_office_stands_where_they_are() -> None:
    found = board(
        ticket("B-041"),
        ticket("B-036", state="on_hold", returns_to="d7", until=at(10, 45)),
        ticket("B-040", state="called", desk="d7", since=at(10, 29)),
        ticket("B-039", state="missed", until=at(10, 49)),
        ticket("B-050", state="standby"),
        at_desk="B-040",
        state="calling",
    )
    assert groups(found) == {
        "Identity": ["B-041"],
        "At the desks": ["B-040"],
        "On hold": ["B-036"],
        "Did not answer": ["B-039"],
        "In reserve": ["B-050"],
    }
    assert entrance(found)["room_empty"] is False
    assert entrance(board())["room_empty"] is True


def test_a_line_stands_in_the_order_of_its_calls_and_not_of_its_numbers() -> None:
    found = board(ticket("B-041"), ticket("B-042"))
    found["lines"][0]["order"] = ["B-042", "B-041"]
    assert groups(found) == {"Identity": ["B-042", "B-041"]}


def test_of_a_long_line_the_first_are_shown_and_the_others_counted() -> None:
    (group,) = entrance(board(*(ticket(f"B-{number:03d}") for number in range(1, 44))))["groups"]
    assert (len(group["people"]), group["count"]) == (40, "43 waiting")
    assert group["more"] == "And 3 more: search by code or name."


@pytest.mark.parametrize(
    ("values", "badge", "where"),
    [
        ({"state": "waiting"}, "In the line", ""),
        (
            {"state": "waiting", "eta": {"earliest": at(10, 45), "latest": at(10, 55)}},
            "In the line",
            "Between 10:45 and 10:55",
        ),
        ({"state": "waiting", "until": at(10, 40)}, "In the line", "Asked for time until 10:40."),
        ({"state": "called", "desk": "d7", "since": at(10, 29)}, "Called", "Called to desk 7 at 10:29"),
        ({"state": "serving", "desk": "d7", "since": at(10, 20)}, "At a desk", "At desk 7 since 10:20"),
        (
            {"state": "on_hold", "returns_to": "d7", "until": at(10, 45)},
            "On hold",
            "Comes back to desk 7 at 10:45",
        ),
        ({"state": "on_hold", "until": at(10, 45)}, "On hold", "comes back at 10:45"),
        (
            {"state": "missed", "until": at(10, 49)},
            "Did not answer",
            "Can come back to the line until 10:49",
        ),
        ({"state": "standby"}, "In reserve", "Gets a turn if somebody does not come"),
    ],
)
def test_a_row_says_where_somebody_is(values: dict[str, Any], badge: str, where: str) -> None:
    (group,) = entrance(board(ticket("B-041", **values)))["groups"]
    (row,) = group["people"]
    assert (row["badge"], row["where"]) == (badge, where)


def test_a_row_says_what_a_colleague_should_know() -> None:
    here = ticket("B-041", name="Amina", appointment="Amina", appointment_at=at(10, 30), help=True)
    found = board(
        here, agenda=[visit("Amina", at(10, 30), state="checked_in", needs=["accompanied", "own words"])]
    )
    (group,) = entrance(found)["groups"]
    (row,) = group["people"]
    assert (row["name"], row["title"]) == ("Amina", "Appointment at 10:30")
    assert row["marks"] == "Asks for help, With somebody who accompanies, own words"
    assert (row["arrived"], row["waited"]) == ("10:08", "22 min")


@pytest.mark.parametrize(
    ("values", "may"),
    [
        ({}, {"order", "leave", "slip", "preferential"}),
        ({"priority": "preferential"}, {"order", "leave", "slip", "normal"}),
        ({"preferential_requested": True}, {"order", "leave", "slip", "preferential", "deny"}),
        ({"help": True}, {"order", "leave", "slip", "preferential", "helped"}),
        ({"state": "called", "desk": "d7"}, {"put-back", "no-show", "leave", "slip"}),
        ({"state": "serving", "desk": "d7"}, {"transfer", "finish", "slip"}),
        ({"state": "missed", "until": at(10, 49)}, {"order", "no-show", "leave", "slip"}),
        ({"state": "on_hold"}, {"leave", "slip"}),
        ({"state": "standby"}, {"leave", "slip"}),
    ],
)
def test_a_card_offers_what_the_state_allows(values: dict[str, Any], may: set[str]) -> None:
    (group,) = entrance(board(ticket("B-041", **values)))["groups"]
    assert set(group["people"][0]["may"]) == may


# Who needs the host


def test_whoever_asks_for_help_stands_first() -> None:
    asked = ticket("B-043", preferential_requested=True)
    assert needs(asked, ticket("B-044", help=True, name="Amina")) == [
        ("help", "B-044", "Asks for help in the waiting room.", "Amina"),
        ("priority", "B-043", "Asks for priority attention.", "Came at 10:08. No name given"),
    ]


def test_a_priority_that_was_confirmed_is_asked_for_no_more() -> None:
    assert needs(ticket("B-043", preferential_requested=True, priority="preferential")) == []


def test_whoever_came_after_their_place_was_lost_is_put_in_order_once() -> None:
    late = {"appointment_at": at(9, 40), "arrived_at": at(10, 26), "name": "Amina"}
    assert needs(ticket("B-043", **late)) == [
        ("late", "B-043", "Came 46 min late: you decide the place.", "Appointment at 9:40. Amina")
    ]
    assert needs(ticket("B-043", **late, placed_at=at(10, 28))) == []
    assert needs(ticket("B-043", **{**late, "arrived_at": at(10, 9)})) == []


def test_whoever_comes_when_they_were_told_to_is_not_late() -> None:
    told = {"appointment_at": at(9, 40), "told_at": at(10, 20), "arrived_at": at(10, 26)}
    assert needs(ticket("B-043", **told)) == []
    agenda = [visit("Amina", at(9, 40), told_at=at(10, 40)), visit("Diego", at(9, 40), told_at=at(10, 10))]
    near = entrance(board(agenda=agenda))["coming"]["near"]
    assert [row["verdict"] for row in near] == [None, {"value": "amber", "text": "20 min late"}]
    assert near[0]["detail"] == "Certificate. Told to come at 10:40"


def test_whoever_needs_somebody_is_accompanied_when_called() -> None:
    called = ticket("B-043", state="called", desk="d7", appointment="Amina", name="Amina")
    agenda = [visit("Amina", at(10, 30), needs=["easy_reading"])]
    assert needs(called, agenda=agenda) == [
        ("accompany", "B-043", "Go with them to desk 7.", "Easy reading or more time. Amina")
    ]
    assert needs({**called, "state": "waiting", "desk": None}, agenda=agenda) == []


# Who is expected


def test_appointments_of_this_hour_stand_apart_from_those_of_later() -> None:
    agenda = [
        visit("Long ago", at(9, 40)),
        visit("Late", at(10, 14)),
        visit("In time", at(10, 25)),
        visit("Here", at(10, 30), state="checked_in"),
        visit("Soon", at(11, 15)),
        visit("Later", at(12)),
    ]
    coming = entrance(board(agenda=agenda))["coming"]
    assert [(row["time"], row["name"], row["verdict"]) for row in coming["near"]] == [
        ("9:40", "Long ago", {"value": "red", "text": "50 min late"}),
        ("10:14", "Late", {"value": "amber", "text": "16 min late"}),
        ("10:25", "In time", None),
        ("11:15", "Soon", None),
    ]
    assert [row["name"] for row in coming["later"]] == ["Later"]
    assert coming["later_title"] == "Later today: 1 appointment"


def test_an_hour_without_appointments_says_when_the_next_is() -> None:
    assert entrance(board())["coming"]["empty_text"] == "No more appointments today."
    found = board(agenda=[visit("Later", at(12))])
    assert entrance(found)["coming"]["empty_text"] == "The next appointment is at 12:00."


# Lines, services, desks


def test_a_line_says_who_waits_and_how_many_desks_work_for_it() -> None:
    (row,) = entrance(board(ticket("B-041")))["lines"]
    assert (row["letter"], row["name"], row["text"], row["desks"]) == ("B", "Identity", "1 waiting", "1 desk")


@pytest.mark.parametrize(("reason", "text"), [("No printer.", "Stopped: No printer."), (None, "Stopped")])
def test_a_stopped_line_says_why_and_so_does_its_service(reason: str | None, text: str) -> None:
    lines = [board_line("b", "identity", "Identity", stopped=True, stop_reason=reason)]
    shown = entrance(board(lines=lines))
    assert (shown["lines"][0]["text"], shown["lines"][0]["stopped"]) == (text, True)
    assert shown["services"][0]["text"] == text


def test_a_service_says_when_somebody_who_comes_now_is_called() -> None:
    eta = {"earliest": at(10, 45), "latest": at(10, 55)}
    lines = [board_line("b", "identity", "Identity", eta=eta)]
    (service,) = entrance(board(lines=lines))["services"]
    assert (service["name"], service["text"], service["key"]) == (
        "Certificate",
        "Between 10:45 and 10:55",
        "1",
    )
    assert entrance(board())["services"][0]["text"] == "No desk is open yet"


def test_a_paused_office_promises_no_time() -> None:
    assert entrance(board(paused=True))["services"][0]["text"] == "The office is paused"


def test_desks_say_whom_they_attend_and_closed_ones_are_only_named() -> None:
    served = ticket("B-041", state="serving", desk="d7", since=at(10, 20))
    found = board(served, state="serving", at_desk="B-041")
    found["desks"].append(board_desk("d8", "8", "closed", None, agent=None, agent_id=None))
    shown = entrance(found)
    (desk,) = shown["desks"]
    assert (desk["name"], desk["agent"], desk["code"], desk["since"]) == (
        "Desk 7",
        "Boris",
        "B-041",
        "since 10:20",
    )
    assert (desk["state"], desk["ticket"], desk["verdict"]) == ("serving", "B-041", None)
    assert shown["closed_text"] == "Closed: 8"
    assert shown["summary"] == "0 waiting · 1 desk open"


def test_a_desk_that_may_have_been_left_alone_is_marked() -> None:
    served = ticket("B-041", state="serving", desk="d7", since=at(9, 40))
    (desk,) = entrance(board(served, state="serving", at_desk="B-041"))["desks"]
    assert desk["verdict"] == {"value": "amber", "text": "50 min"}
    longer = replace(OFFICE.services[0], slug="documents", minutes=60)
    reader = Reader("en", READER.translations, replace(OFFICE, services=(*OFFICE.services, longer)))
    both = board({**served, "more_services": ["documents"]}, state="serving", at_desk="B-041")
    (desk,) = entrance(both, reader=reader)["desks"]
    assert desk["verdict"] is None, "several services take longer"


def test_a_pause_says_what_people_read() -> None:
    shown = entrance(board(paused=True, pause_message="Fire drill."))
    assert (shown["paused"], shown["pause_text"]) == (True, "Fire drill.")


def test_the_clock_is_the_offices() -> None:
    from_elsewhere = datetime(2026, 11, 25, 9, 30, tzinfo=MADRID).astimezone(None)
    assert (
        entrance(board(agenda=[visit("Amina", at(9, 10))]), from_elsewhere)["coming"]["near"][0]["time"] == "9:10"
    )
