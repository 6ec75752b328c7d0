"""An agent's console, built from the office's board."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from office360.core.auth import StaffRole
from office360.precheck.domain.deciding_cause import Cause
from office360.staff.consoles.alerts import ConsoleReader
from office360.staff.consoles.desk import build_agent_desk, build_desk_console
from office360.staff.consoles.locale import LocaleContext
from office360.staff.consoles.phone_appointments import build_phone_appointments
from office360.staff.consoles.video_appointments import TEST_REASONS, build_video_appointments

from ..support.boards import (
    ENGLISH_LOCALE,
    EVACUATED,
    NOW,
    OFFICE,
    build_appointment,
    build_board,
    build_desk,
    build_line,
    build_ticket,
    iso_time,
)


def build_own_desk(found: dict[str, Any], now: datetime = NOW) -> dict[str, Any]:
    return build_agent_desk(found, "boris", now, ENGLISH_LOCALE)


def test_free_desk_shows_next_ticket() -> None:
    shown = build_own_desk(build_board(build_ticket("B-041")))
    assert (shown["state"], shown["badge"], shown["code"]) == ("free", "Free", "")
    assert shown["hint"] == "Next is B-041."
    assert shown["waiting"] == "1 waiting"


def test_called_ticket_shows_recalls_and_deadline() -> None:
    called = build_ticket(
        "B-041",
        state="called",
        called_at=iso_time(10, 29),
        since=iso_time(10, 29),
        until=iso_time(10, 32),
        recalls=2,
    )
    shown = build_own_desk(build_board(called, state="calling", at_desk="B-041"))
    assert (shown["state"], shown["code"], shown["ticket_id"]) == ("called", "B-041", "B-041")
    assert shown["hint"] == "Called at 10:29. Called again 2 times. We wait until 10:32."


def test_serving_ticket_shows_usual_time_and_wait() -> None:
    served = build_ticket(
        "B-041", state="serving", called_at=iso_time(10, 20), since=iso_time(10, 22), name="Amina"
    )
    shown = build_own_desk(build_board(served, build_ticket("B-042"), state="serving", at_desk="B-041"))
    assert (shown["state"], shown["since"], shown["minutes"]) == ("serving", iso_time(10, 22), 15)
    assert shown["pace"] == "Usually takes 15 minutes. Waited 12 minutes."
    assert (shown["service"], shown["person"], shown["language"]) == ("Certificate", "Amina", "Spanish")
    assert shown["finish_label"] == "Finish and call B-042"


def test_finish_button_without_next_ticket_only_finishes() -> None:
    served = build_ticket("B-041", state="serving", called_at=iso_time(10, 20))
    assert build_own_desk(build_board(served, state="serving", at_desk="B-041"))["finish_label"] == "Finish"


def test_next_tickets_show_call_reason() -> None:
    shown = build_own_desk(
        build_board(
            build_ticket(
                "B-041", appointment_at=iso_time(10, 30), arrived_at=iso_time(10, 28), why="appointment_due"
            ),
            build_ticket("B-040", priority="preferential", why="preferential"),
            build_ticket("A-118"),
        )
    )
    assert [(row["code"], row["title"], row["why"], row["arrived"]) for row in shown["next"]] == [
        ("B-041", "Appointment at 10:30", "Came in time: appointments go first.", "10:28"),
        ("B-040", "Priority attention", "Confirmed at the entrance.", "10:08"),
        ("A-118", "Without appointment", "Registry, another queue of yours.", "10:08"),
    ]


def test_ticket_on_hold_is_listed_apart_from_next() -> None:
    held = build_ticket("B-036", state="on_hold", returns_to="d7", until=iso_time(10, 45), why="returned")
    shown = build_own_desk(build_board(held, build_ticket("B-042")))
    assert [(row["code"], row["text"]) for row in shown["held"]] == [("B-036", "comes back at 10:45")]
    assert [row["code"] for row in shown["next"]] == ["B-042"]
    assert shown["finish_label"] == "Finish and call B-042"


def test_missed_tickets_of_own_agent_are_shown_latest_first() -> None:
    missed = [
        build_ticket("B-036", state="missed", agent_id="boris", since=iso_time(10, 20)),
        build_ticket("B-037", state="missed", agent_id="boris", since=iso_time(10, 25)),
        build_ticket("B-038", state="missed", agent_id="elena", since=iso_time(10, 26)),
    ]
    shown = build_own_desk(build_board(*missed))
    assert [(row["code"], row["text"]) for row in shown["missed"]] == [
        ("B-037", "since 10:25"),
        ("B-036", "since 10:20"),
    ]


def test_missed_ticket_of_another_desks_line_is_not_shown() -> None:
    elsewhere = build_ticket("C-001", state="missed", agent_id="boris", since=iso_time(10, 20), line="elsewhere")
    assert build_own_desk(build_board(elsewhere))["missed"] == []


def test_due_hold_is_called_first() -> None:
    held = build_ticket("B-036", state="on_hold", returns_to="d7", until=iso_time(10, 25), why="returned")
    assert build_own_desk(build_board(held, build_ticket("B-042")))["finish_label"] == "Finish and call B-036"


def test_ticket_on_hold_at_other_desk_is_not_shown() -> None:
    held = build_ticket("B-036", state="on_hold", returns_to="d8", until=iso_time(10, 45))
    found = build_board(build_ticket("B-042"))
    found["tickets"].append(held)
    assert build_own_desk(found)["held"] == []


def test_postponed_ticket_is_not_named_on_finish_button() -> None:
    shown = build_own_desk(build_board(build_ticket("B-041", until=iso_time(10, 40))))
    assert shown["next"][0]["why"] == "Asked for time until 10:40."
    assert shown["finish_label"] == "Finish"


def test_empty_line_shows_next_appointment_time() -> None:
    found = build_board()
    assert build_own_desk(found)["empty_text"] == "No more appointments today."
    found["lines"][1]["next_appointment"] = iso_time(11, 30)
    found["lines"][0]["next_appointment"] = iso_time(12)
    assert build_own_desk(found)["empty_text"] == "The next appointment is at 11:30."


def test_paused_office_hint_says_calls_are_stopped() -> None:
    assert build_own_desk(build_board(build_ticket("B-041"), paused=True))["hint"].startswith(
        "The office is paused."
    )


def test_pause_text_includes_pause_message() -> None:
    shown = build_own_desk(build_board(build_ticket("B-041"), paused=True, pause_message="Fire drill."))
    assert shown["pause_text"] == "The office is paused. Nobody will be called until it resumes. Fire drill."
    assert build_own_desk(build_board())["pause_text"] == ""


def test_evacuation_replaces_every_pause_text_at_desk() -> None:
    board = build_board(
        build_ticket("B-041"), paused=True, evacuation=True, pause_message="Leave.", evacuated=EVACUATED
    )
    shown = build_own_desk(board)
    assert (shown["pause_text"], shown["hint"]) == ("", "")
    assert shown["evacuation_text"] == "The office is being evacuated. Nobody can be called. Leave."
    assert build_own_desk({**board, "desks": []})["evacuation_text"] == shown["evacuation_text"]
    assert build_own_desk(build_board())["evacuation_text"] == ""


def test_stopped_line_of_desk_shows_reason() -> None:
    line = build_line("b", "identity", "Identity", stopped=True, stop_reason="No printer.")
    other = build_line("c", "licences", "Licences", stopped=True)
    shown = build_own_desk(build_board(lines=[line, other]))
    assert shown["stopped_text"] == "Identity gives no tickets without appointment. No printer."


def test_colleagues_are_agents_at_other_open_desks() -> None:
    served = build_ticket("B-040", state="serving", since=iso_time(10, 20), desk="d8")
    found = build_board(served, state="free")
    current = {"id": "B-040", "code": "B-040", "state": "serving"}
    found["desks"] += [
        build_desk("d8", "8", "serving", current, agent="Elena", agent_id="elena", since=iso_time(10, 20)),
        build_desk("d9", "9", "closed", None, agent=None, agent_id=None),
    ]
    (colleague,) = build_own_desk(found)["colleagues"]
    assert (colleague["desk"], colleague["agent"], colleague["code"]) == ("Desk 8", "Elena", "B-040")
    assert colleague["now"] == "Serving since 10:20"


def test_desk_shows_needs_of_appointment() -> None:
    called = build_ticket(
        "B-041", state="called", called_at=iso_time(10, 29), until=iso_time(10, 32), appointment="Amina"
    )
    found = build_board(
        called,
        state="calling",
        at_desk="B-041",
        agenda=[
            build_appointment(
                "Amina", iso_time(10, 30), needs=["accompanied"], details={"case_number": "2026/417"}
            )
        ],
    )
    assert build_own_desk(found)["needs"] == "With a companion. Case number: 2026/417"


def test_desk_shows_all_services_and_total_time() -> None:
    (certificate,) = OFFICE.services
    other = replace(certificate, slug="documents", names={"es": "Documentos", "en": "Documents"}, minutes=10)
    reader = LocaleContext("en", ENGLISH_LOCALE.translations, replace(OFFICE, services=(certificate, other)))
    called = build_ticket(
        "B-041", state="called", called_at=iso_time(10, 29), until=iso_time(10, 32), appointment="Amina"
    )
    both = {**called, "more_services": ["documents", "no-longer-given"]}
    for here, expected in (
        (both, ("Certificate, Documents", 25)),
        ({**called, "service": "documents"}, ("Documents", 10)),  # transferred for the second service
    ):
        shown = build_agent_desk(build_board(here, state="calling", at_desk="B-041"), "boris", NOW, reader)
        assert (shown["service"], shown["minutes"]) == expected
    assert build_agent_desk(build_board(both, state="calling", at_desk="B-041"), "boris", NOW, reader)[
        "pace"
    ].startswith("All of it usually takes 25 min.")
    waiting = build_ticket("B-041", appointment_at=iso_time(10, 30), more_services=["documents"])
    (following,) = build_agent_desk(build_board(waiting), "boris", NOW, reader)["next"]
    assert following["why"].startswith("Certificate, Documents. ")


def test_desk_of_other_agent_is_shown_closed() -> None:
    shown = build_agent_desk(build_board(build_ticket("B-041")), "carmen", NOW, ENGLISH_LOCALE)
    assert (shown["state"], shown["next"], shown["ticket_id"]) == ("closed", [], "")


def test_help_request_is_shown_at_desk() -> None:
    called = build_ticket("B-041", state="called", called_at=iso_time(10, 29), until=iso_time(10, 32), help=True)
    assert (
        build_own_desk(build_board(called, state="calling", at_desk="B-041"))["help"]
        == "Asks for help in the waiting room."
    )


def test_every_desk_state_has_same_keys() -> None:
    called = build_ticket("B-041", state="called", called_at=iso_time(10, 29), until=iso_time(10, 32))
    views = [
        build_own_desk(build_board()),
        build_own_desk(build_board(called, state="calling", at_desk="B-041")),
        build_agent_desk(build_board(), "carmen", NOW, ENGLISH_LOCALE),
    ]
    assert len({frozenset(view) for view in views}) == 1


# Video


def appointment(**values: Any) -> dict[str, Any]:
    return {
        "appointment": "ap",
        "participant": None,
        "starts_at": iso_time(10, 40),
        "ends_at": iso_time(10, 55),
        "name": "Amina",
        "service": "certificate",
        "more_services": [],
        "needs": [],
        "details": {},
        "state": "expected",
        "since": None,
        "connected": False,
        "called_back": None,
        "agent": None,
        "outcome": None,
        "notes": [],
        "verdict": None,
        "test": None,
        **values,
    }


def build_video_row(now: datetime = NOW, **values: Any) -> dict[str, Any]:
    shown = build_video_appointments([appointment(**values)], now, ENGLISH_LOCALE)["rows"][0]
    assert isinstance(shown, dict)
    return shown


def test_calls_that_are_over_come_last() -> None:
    video = [
        appointment(appointment=name, state=state, since=iso_time(10, 31), connected=True)
        for name, state in (("over", "ended"), ("here", "lobby"), ("due", "expected"))
    ]
    phone = [phone_appointment("over", "served"), phone_appointment("missed", "no_show")]
    phone.append(phone_appointment("due", "confirmed"))
    rows = build_video_appointments(video, NOW, ENGLISH_LOCALE)["rows"]
    calls = build_phone_appointments(phone, NOW, ENGLISH_LOCALE)["rows"]
    assert isinstance(rows, list)
    assert isinstance(calls, list)
    assert [row["id"] for row in rows] == ["here", "due", "over"]
    assert [row["id"] for row in calls] == ["due", "over", "missed"]


def phone_appointment(name: str, state: str) -> dict[str, Any]:
    call = {
        "phone": "+34600111222",
        "told_at": None,
        "call": None,
        "attempts": 0,
        "call_opens_at": iso_time(10, 0),
    }
    return appointment(appointment=name, state=state, language="es", **call)


def test_citizen_in_lobby_can_be_admitted() -> None:
    shown = build_video_row(state="lobby", participant="pa", since=iso_time(10, 31), connected=True)
    assert shown["detail"] == "In the lobby since 10:31"
    assert shown["enter"] == {"href": "/staff/rooms/ap?admit=pa", "text": "Let in"}


def test_disconnected_citizen_keeps_lobby_place() -> None:
    assert (
        build_video_row(state="lobby", participant="pa", since=iso_time(10, 31))["detail"]
        == "Left the page, keeps the place"
    )


def test_admitted_call_can_be_reentered() -> None:
    shown = build_video_row(
        state="admitted", participant="pa", since=iso_time(10, 41), connected=True, agent="Boris"
    )
    assert shown["detail"] == "In the call with Boris"
    assert shown["enter"] == {"href": "/staff/rooms/ap", "text": "Go to the call"}
    assert shown["verdict"] is None


ABSENT: dict[str, Any] = {"since": iso_time(10, 31), "participant": "pa"}


@pytest.mark.parametrize(
    ("values", "minutes", "offered"),
    [
        ({"state": "lobby", "connected": True, **ABSENT}, 0, False),
        ({"state": "lobby", **ABSENT}, 0, True),
        ({"state": "left", **ABSENT}, 0, True),
        ({"state": "left", **ABSENT}, 55, False),  # the room is closed
        ({}, 9, False),  # before the start
        ({}, 10, True),
    ],
)
def test_only_absent_citizens_can_be_notified(values: dict[str, Any], minutes: int, offered: bool) -> None:
    may = build_video_row(NOW + timedelta(minutes=minutes), **values)["may"]
    assert (may == ["call-back"]) is offered


def test_row_says_how_the_citizen_was_notified() -> None:
    called_back = {"at": iso_time(10, 42), "channels": ["sms", "email"]}
    shown = build_video_row(state="left", called_back=called_back, **ABSENT)
    assert shown["detail"] == "Has left. Notified by SMS and e-mail at 10:42"
    inside = build_video_row(state="lobby", connected=True, called_back=called_back, **ABSENT)
    assert inside["detail"] == "In the lobby since 10:31"


@pytest.mark.parametrize(("minutes", "offered"), [(-6, False), (-5, True), (54, True), (55, False)])
def test_room_link_is_limited_to_time_around_appointment(minutes: int, offered: bool) -> None:
    assert (build_video_row(NOW + timedelta(minutes=minutes))["enter"] is not None) is offered


CAUSES_WITHOUT_A_FAULT = {
    cause for cause in Cause if cause is Cause.ALL_WELL or cause.endswith(("_measured", "_finished", "_reported"))
} | {Cause.LOSS_UNDECIDED}


def build_test(verdict: str, cause: str = "", **values: Any) -> dict[str, Any]:
    test = {
        "code": "K7-42",
        "sign_language": verdict,
        "fault": "wifi",
        "cause": cause,
        "advice": [],
        "at": iso_time(9, 0),
    }
    return {"verdict": verdict, "test": {**test, "finished": True, **values}}


def test_missing_test_is_unknown() -> None:
    assert build_video_row()["verdict"] == {"value": "unknown", "text": "Has not run the test"}
    assert build_video_row(state="lobby", since=iso_time(10, 31))["verdict"]["value"] == "unknown"
    assert build_video_row()["test"] is None


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (build_test("green"), ("green", "All will go well")),
        (build_test("amber", "loss"), ("amber", "Data is lost")),
        (build_test("red", "voice_only"), ("red", "Sound only")),
        (build_test("red"), ("red", "Will not go well")),
        (build_test("unknown"), ("unknown", "Test not complete")),
    ],
)
def test_last_test_shows_reason(test: dict[str, Any], said: tuple[str, str]) -> None:
    shown = build_video_row(**test)
    assert (shown["verdict"]["value"], shown["verdict"]["text"]) == said
    assert shown["test"] == {"href": "/staff/tests/K7-42", "text": "Test K7-42"}


def test_every_cause_of_a_bad_test_has_a_short_reason() -> None:
    assert TEST_REASONS.keys() | CAUSES_WITHOUT_A_FAULT == set(Cause)


def test_unfinished_test_is_marked_unfinished() -> None:
    nothing, weak = (
        build_video_row(**build_test("unknown", finished=False)),
        build_video_row(**build_test("amber", "camera_dark", finished=False)),
    )
    assert (nothing["verdict"]["text"], weak["verdict"]["text"]) == ("Test not finished", "Dark picture")
    assert (nothing["detail"], weak["detail"]) == ("Not here yet", "Not here yet. Test not finished")


def test_sign_language_user_gets_sign_language_verdict() -> None:
    test = build_test("amber", "slow", sign_language="red")
    assert build_video_row(**test)["verdict"]["text"] == "Slow connection"
    signing = build_video_row(needs=["sign_language"], **test)["verdict"]
    assert signing == {"value": "red", "text": "Not enough for sign language"}


def test_test_without_code_is_not_linked() -> None:
    assert build_video_row(**build_test("green", code=None))["test"] is None


@pytest.mark.parametrize(
    ("outcome", "said"),
    [("no_show", "Did not come"), ("resolved", "The call is over"), (None, "The call is over")],
)
def test_ended_call_shows_outcome(outcome: str | None, said: str) -> None:
    shown = build_video_row(state="ended", outcome=outcome)
    assert (shown["detail"], shown["enter"], shown["verdict"]) == (said, None, None)


def test_video_row_shows_needs() -> None:
    assert build_video_row(needs=["sign_language"])["detail"] == "Not here yet. With a sign language interpreter"


def test_lobby_count_counts_waiting_citizens() -> None:
    found = build_board(video=[appointment(state="lobby", connected=True, since=iso_time(10, 31)), appointment()])
    assert (
        build_desk_console(found, ConsoleReader("boris", StaffRole.AGENT), NOW, ENGLISH_LOCALE)["video"]["count"]
        == "1 in the lobby"
    )
