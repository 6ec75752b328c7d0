"""The host's console, built from the office's board."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from office360.core.auth import StaffRole
from office360.staff.consoles.alerts import ConsoleReader
from office360.staff.consoles.desk import build_agent_desk
from office360.staff.consoles.host import build_host_console
from office360.staff.consoles.locale import LocaleContext

from ..support.boards import (
    ENGLISH_LOCALE,
    EVACUATED,
    MADRID,
    NOW,
    OFFICE,
    build_appointment,
    build_board,
    build_desk,
    build_line,
    build_ticket,
    iso_time,
)

CARMEN = ConsoleReader("carmen", StaffRole.HOST)


def build_console(
    found: dict[str, Any], now: datetime = NOW, reader: LocaleContext = ENGLISH_LOCALE
) -> dict[str, Any]:
    return build_host_console(found, CARMEN, now, reader)


def group_codes(found: dict[str, Any]) -> dict[str, list[str]]:
    return {group["group"]: [row["code"] for row in group["people"]] for group in build_console(found)["groups"]}


def host_tasks(
    *tickets: dict[str, Any], reader: LocaleContext = ENGLISH_LOCALE, **values: Any
) -> list[tuple[str, str, str, str]]:
    shown = build_console(build_board(*tickets, **values), reader=reader)["needs"]
    return [(task["kind"], task["code"], task["text"], task["detail"]) for task in shown]


# Tickets in the office


def test_tickets_are_grouped_by_state() -> None:
    found = build_board(
        build_ticket("B-041"),
        build_ticket("B-036", state="on_hold", returns_to="d7", until=iso_time(10, 45)),
        build_ticket("B-040", state="called", desk="d7", since=iso_time(10, 29)),
        build_ticket("B-039", state="missed", until=iso_time(10, 49)),
        build_ticket("B-050", state="standby"),
        at_desk="B-040",
        state="calling",
    )
    assert group_codes(found) == {
        "Identity": ["B-041"],
        "At the desks": ["B-040"],
        "On hold": ["B-036"],
        "Did not answer": ["B-039"],
        "In reserve": ["B-050"],
    }
    assert build_console(found)["room_empty"] is False
    assert build_console(build_board())["room_empty"] is True


def test_line_group_uses_call_order() -> None:
    found = build_board(build_ticket("B-041"), build_ticket("B-042"))
    found["lines"][0]["order"] = ["B-042", "B-041"]
    assert group_codes(found) == {"Identity": ["B-042", "B-041"]}


def test_long_line_shows_first_rows_and_counts_rest() -> None:
    (group,) = build_console(build_board(*(build_ticket(f"B-{number:03d}") for number in range(1, 44))))["groups"]
    assert (len(group["people"]), group["count"]) == (40, "43 waiting")
    assert group["more"] == "And 3 more: search by code or name."


@pytest.mark.parametrize(
    ("values", "badge", "where"),
    [
        ({"state": "waiting"}, "In the queue", ""),
        (
            {"state": "waiting", "eta": {"earliest": iso_time(10, 45), "latest": iso_time(10, 55)}},
            "In the queue",
            "Between 10:45 and 10:55",
        ),
        ({"state": "waiting", "until": iso_time(10, 40)}, "In the queue", "Asked for time until 10:40."),
        ({"state": "called", "desk": "d7", "since": iso_time(10, 29)}, "Called", "Called to desk 7 at 10:29"),
        ({"state": "serving", "desk": "d7", "since": iso_time(10, 20)}, "At a desk", "At desk 7 since 10:20"),
        (
            {"state": "on_hold", "returns_to": "d7", "until": iso_time(10, 45)},
            "On hold",
            "Comes back to desk 7 at 10:45",
        ),
        ({"state": "on_hold", "until": iso_time(10, 45)}, "On hold", "comes back at 10:45"),
        (
            {"state": "missed", "until": iso_time(10, 49)},
            "Did not answer",
            "Can rejoin the queue until 10:49",
        ),
        ({"state": "standby"}, "In reserve", "Gets a ticket if someone does not come"),
    ],
)
def test_person_row_shows_location(values: dict[str, Any], badge: str, where: str) -> None:
    (group,) = build_console(build_board(build_ticket("B-041", **values)))["groups"]
    (row,) = group["people"]
    assert (row["badge"], row["where"]) == (badge, where)


def test_person_row_shows_marks_and_wait() -> None:
    here = build_ticket("B-041", name="Amina", appointment="Amina", appointment_at=iso_time(10, 30), help=True)
    found = build_board(
        here,
        agenda=[
            build_appointment("Amina", iso_time(10, 30), state="checked_in", needs=["accompanied", "own words"])
        ],
    )
    (group,) = build_console(found)["groups"]
    (row,) = group["people"]
    assert (row["name"], row["title"]) == ("Amina", "Appointment at 10:30")
    assert row["marks"] == "Asks for help, With a companion, own words"
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
        ({"state": "missed", "until": iso_time(10, 49)}, {"order", "end-missed", "leave", "slip"}),
        ({"state": "on_hold"}, {"leave", "slip"}),
        ({"state": "standby"}, {"leave", "slip"}),
    ],
)
def test_person_actions_depend_on_state(values: dict[str, Any], may: set[str]) -> None:
    (group,) = build_console(build_board(build_ticket("B-041", **values)))["groups"]
    assert set(group["people"][0]["may"]) == may


@pytest.mark.parametrize(
    ("values", "question"),
    [
        (
            {"state": "called", "until": iso_time(10, 33)},
            "Their phone says that we wait until 10:33. Did they not come?",
        ),
        ({"state": "called", "until": iso_time(10, 30)}, ""),
        ({"state": "called", "help": True}, "Their phone says that there is no hurry. Did they not come?"),
        ({"state": "waiting"}, ""),
    ],
)
def test_promise_of_the_phone_is_named_while_it_lasts(values: dict[str, Any], question: str) -> None:
    board = build_board(build_ticket("B-041", desk="d7", called_at=iso_time(10, 30), **values), state="calling")
    (group,) = build_console(board)["groups"]
    assert group["people"][0]["promise"] == question
    if values["state"] == "called":
        board["desks"][0] |= {"activity": "called", "ticket": {"id": "B-041", "code": "B-041", "state": "called"}}
        assert build_agent_desk(board, "boris", NOW, ENGLISH_LOCALE)["promise"] == question


# Tasks of the host


def test_help_request_is_first_host_task() -> None:
    asked = build_ticket("B-043", preferential_requested=True)
    assert host_tasks(asked, build_ticket("B-044", help=True, name="Amina")) == [
        ("help", "B-044", "Asks for help in the waiting room.", "Amina"),
        ("priority", "B-043", "Asks for priority attention.", "Came at 10:08. No name given"),
    ]


def test_confirmed_priority_is_no_host_task() -> None:
    assert host_tasks(build_ticket("B-043", preferential_requested=True, priority="preferential")) == []


def test_late_arrival_is_host_task_until_placed() -> None:
    late = {"appointment_at": iso_time(9, 40), "arrived_at": iso_time(10, 26), "name": "Amina"}
    assert host_tasks(build_ticket("B-043", **late)) == [
        ("late", "B-043", "Came 46 min late: you decide the place.", "Appointment at 9:40. Amina")
    ]
    assert host_tasks(build_ticket("B-043", **late, placed_at=iso_time(10, 28))) == []
    assert host_tasks(build_ticket("B-043", **{**late, "arrived_at": iso_time(10, 9)})) == []


def test_lateness_counts_from_announced_time() -> None:
    told = {"appointment_at": iso_time(9, 40), "told_at": iso_time(10, 20), "arrived_at": iso_time(10, 26)}
    assert host_tasks(build_ticket("B-043", **told)) == []
    agenda = [
        build_appointment("Amina", iso_time(9, 40), told_at=iso_time(10, 40)),
        build_appointment("Diego", iso_time(9, 40), told_at=iso_time(10, 10)),
    ]
    near = build_console(build_board(agenda=agenda))["coming"]["near"]
    assert [row["verdict"] for row in near] == [None, {"value": "amber", "text": "20 min late"}]
    assert near[0]["detail"] == "Certificate. Told to come at 10:40"


def reader_with_line_rules(**rules: int) -> LocaleContext:
    """Build a context of the office whose line "identity" has these settings, in seconds."""
    lines = tuple(replace(line, rules=rules) if line.slug == "identity" else line for line in OFFICE.lines)
    return replace(ENGLISH_LOCALE, office=replace(OFFICE, lines=lines))


def test_line_setting_decides_when_arrival_is_too_late() -> None:
    late = build_ticket("B-043", appointment_at=iso_time(9, 40), arrived_at=iso_time(10, 26))  # 46 minutes
    assert host_tasks(late, reader=reader_with_line_rules(late_until=3600)) == []
    in_time = build_ticket("B-044", appointment_at=iso_time(10), arrived_at=iso_time(10, 26))  # 26 minutes
    (task,) = host_tasks(in_time, reader=reader_with_line_rules(late_until=1200))
    assert task[:2] == ("late", "B-044")


def test_line_settings_decide_the_lateness_colour() -> None:
    agenda = [build_appointment("Amina", iso_time(9, 40)), build_appointment("Diego", iso_time(10, 25))]

    def verdicts(**rules: int) -> list[str | None]:
        console = build_console(build_board(agenda=agenda), reader=reader_with_line_rules(**rules))
        return [row["verdict"] and row["verdict"]["value"] for row in console["coming"]["near"]]

    assert verdicts() == ["red", None]
    assert verdicts(late_until=3600) == ["amber", None]
    assert verdicts(on_time_until=240) == ["red", "amber"]


def test_appointment_of_removed_service_uses_default_lateness() -> None:
    agenda = [build_appointment("Amina", iso_time(9, 40), service="removed")]
    (row,) = build_console(build_board(agenda=agenda), reader=reader_with_line_rules(late_until=7200))["coming"][
        "near"
    ]
    assert row["verdict"] == {"value": "red", "text": "50 min late"}


def test_called_ticket_with_needs_is_host_task() -> None:
    called = build_ticket("B-043", state="called", desk="d7", appointment="Amina", name="Amina")
    agenda = [build_appointment("Amina", iso_time(10, 30), needs=["easy_reading"])]
    assert host_tasks(called, agenda=agenda) == [
        ("accompany", "B-043", "Go with them to desk 7.", "Easy read, or more time. Amina")
    ]
    assert host_tasks({**called, "state": "waiting", "desk": None}, agenda=agenda) == []


# Expected appointments


def test_expected_appointments_split_near_and_later() -> None:
    agenda = [
        build_appointment("Long ago", iso_time(9, 40)),
        build_appointment("Late", iso_time(10, 14)),
        build_appointment("In time", iso_time(10, 25)),
        build_appointment("Here", iso_time(10, 30), state="checked_in"),
        build_appointment("Soon", iso_time(11, 15)),
        build_appointment("Later", iso_time(12)),
    ]
    coming = build_console(build_board(agenda=agenda))["coming"]
    assert [(row["time"], row["name"], row["verdict"]) for row in coming["near"]] == [
        ("9:40", "Long ago", {"value": "red", "text": "50 min late"}),
        ("10:14", "Late", {"value": "amber", "text": "16 min late"}),
        ("10:25", "In time", None),
        ("11:15", "Soon", None),
    ]
    assert [row["name"] for row in coming["later"]] == ["Later"]
    assert coming["later_title"] == "Later today: 1 appointment"


def test_hour_without_appointments_shows_next_time() -> None:
    assert build_console(build_board())["coming"]["empty_text"] == "No more appointments today."
    found = build_board(agenda=[build_appointment("Later", iso_time(12))])
    assert build_console(found)["coming"]["empty_text"] == "The next appointment is at 12:00."


# Lines, services, desks


def test_line_row_shows_waiting_count_and_desks() -> None:
    (row,) = build_console(build_board(build_ticket("B-041")))["lines"]
    assert (row["letter"], row["name"], row["text"], row["desks"]) == ("B", "Identity", "1 waiting", "1 desk")


@pytest.mark.parametrize(("reason", "text"), [("No printer.", "Stopped: No printer."), (None, "Stopped")])
def test_stopped_line_and_its_service_show_reason(reason: str | None, text: str) -> None:
    lines = [build_line("b", "identity", "Identity", stopped=True, stop_reason=reason)]
    shown = build_console(build_board(lines=lines))
    assert (shown["lines"][0]["text"], shown["lines"][0]["stopped"]) == (text, True)
    assert shown["services"][0]["text"] == text


def test_service_row_shows_call_range() -> None:
    eta = {"earliest": iso_time(10, 45), "latest": iso_time(10, 55)}
    lines = [build_line("b", "identity", "Identity", eta=eta)]
    (service,) = build_console(build_board(lines=lines))["services"]
    assert (service["name"], service["text"], service["key"]) == (
        "Certificate",
        "Between 10:45 and 10:55",
        "1",
    )
    assert build_console(build_board())["services"][0]["text"] == "No desk is open yet"


def test_paused_office_shows_no_call_range() -> None:
    assert build_console(build_board(paused=True))["services"][0]["text"] == "The office is paused"


def test_open_desks_show_ticket_and_closed_desks_are_named() -> None:
    served = build_ticket("B-041", state="serving", desk="d7", since=iso_time(10, 20))
    found = build_board(served, state="serving", at_desk="B-041")
    found["desks"][0]["since"] = iso_time(10, 20)
    found["desks"].append(build_desk("d8", "8", "closed", None, agent=None, agent_id=None))
    shown = build_console(found)
    (desk,) = shown["desks"]
    assert (desk["name"], desk["agent"], desk["code"], desk["detail"]) == (
        "Desk 7",
        "Boris",
        "B-041",
        "since 10:20",
    )
    assert (desk["state"], desk["ticket"], desk["verdict"]) == ("serving", "B-041", None)
    assert shown["closed_text"] == "Closed: 8"
    assert shown["summary"] == "0 waiting · 1 desk open"


def test_desk_with_long_service_is_marked() -> None:
    served = build_ticket("B-041", state="serving", desk="d7", since=iso_time(9, 40))
    (desk,) = build_console(build_board(served, state="serving", at_desk="B-041"))["desks"]
    assert desk["verdict"] == {"value": "amber", "text": "50 min"}
    longer = replace(OFFICE.services[0], slug="documents", minutes=60)
    reader = LocaleContext("en", ENGLISH_LOCALE.translations, replace(OFFICE, services=(*OFFICE.services, longer)))
    both = build_board({**served, "more_services": ["documents"]}, state="serving", at_desk="B-041")
    (desk,) = build_console(both, reader=reader)["desks"]
    assert desk["verdict"] is None, "several services take longer"


def test_pause_shows_pause_message() -> None:
    shown = build_console(build_board(paused=True, pause_message="Fire drill."))
    assert (shown["paused"], shown["pause_text"]) == (True, "Fire drill.")


def test_evacuation_banner_says_who_pressed_and_who_needs_help() -> None:
    present = [
        build_ticket("B-041"),
        build_ticket("B-042", help=True, preferential_requested=True),
        build_ticket("B-043", state="missed"),
    ]
    shown = build_console(build_board(*present, paused=True, evacuation=True, evacuated=EVACUATED))
    assert [(row["code"], row["text"]) for row in shown["needs"]] == [("B-042", "Needs help to get out.")]
    assert {name: text for name, text in shown.items() if name.startswith("evacuation")} == {
        "evacuation": True,
        "evacuation_by": "Carmen pressed it at 10:28.",
        "evacuation_count": "3 people still hold a ticket.",
        "evacuation_help": "1 person needs help to get out: B-042.",
        "evacuation_tickets": "All 3 tickets keep their places.",
        "evacuation_missed": ("1 person who was called and did not come has the whole time again to come back."),
        "evacuation_phones": "2 phones get a message. Every open page and the screen say so at once.",
    }
    calm = build_console(build_board())
    assert {text for name, text in calm.items() if name.startswith("evacuation")} == {False, ""}


def test_times_use_office_time_zone() -> None:
    from_elsewhere = datetime(2026, 11, 25, 9, 30, tzinfo=MADRID).astimezone(None)
    assert (
        build_console(build_board(agenda=[build_appointment("Amina", iso_time(9, 10))]), from_elsewhere)["coming"][
            "near"
        ][0]["time"]
        == "9:10"
    )
