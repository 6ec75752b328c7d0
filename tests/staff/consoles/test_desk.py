"""What an agent's console shows, from the office's board."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from office360.staff.consoles.desk import console_view, desk_view
from office360.staff.consoles.locale import Reader
from office360.staff.consoles.video_appointments import video_view

from ..support.boards import NOW, OFFICE, READER, at, board, board_desk, board_line, ticket, visit


def mine(found: dict[str, Any], now: datetime = NOW) -> dict[str, Any]:
    return desk_view(found, "boris", now, READER)


def test_a_free_desk_says_who_is_next() -> None:
    shown = mine(board(ticket("B-041")))
    assert (shown["state"], shown["badge"], shown["code"]) == ("free", "Free", "")
    assert shown["hint"] == "Next is B-041."
    assert shown["waiting"] == "1 waiting"


def test_somebody_called_is_shown_with_the_time_until_which_we_wait() -> None:
    called = ticket("B-041", state="called", called_at=at(10, 29), since=at(10, 29), until=at(10, 32), recalls=2)
    shown = mine(board(called, state="calling", at_desk="B-041"))
    assert (shown["state"], shown["code"], shown["ticket_id"]) == ("called", "B-041", "B-041")
    assert shown["hint"] == "Called at 10:29. Called again 2 times. We wait until 10:32."


def test_somebody_served_is_shown_with_the_usual_time_and_the_wait() -> None:
    served = ticket("B-041", state="serving", called_at=at(10, 20), since=at(10, 22), name="Amina")
    shown = mine(board(served, ticket("B-042"), state="serving", at_desk="B-041"))
    assert (shown["state"], shown["since"], shown["minutes"]) == ("serving", at(10, 22), 15)
    assert shown["pace"] == "Usually takes 15 minutes. Waited 12 minutes."
    assert (shown["service"], shown["person"], shown["language"]) == ("Certificate", "Amina", "Spanish")
    assert shown["finish_label"] == "Finish and call B-042"


def test_with_nobody_to_call_the_button_only_finishes() -> None:
    served = ticket("B-041", state="serving", called_at=at(10, 20))
    assert mine(board(served, state="serving", at_desk="B-041"))["finish_label"] == "Finish"


def test_each_of_the_next_says_why() -> None:
    shown = mine(
        board(
            ticket("B-041", appointment_at=at(10, 30), arrived_at=at(10, 28), why="appointment_due"),
            ticket("B-040", priority="preferential", why="preferential"),
            ticket("A-118"),
        )
    )
    assert [(row["code"], row["title"], row["why"], row["arrived"]) for row in shown["next"]] == [
        ("B-041", "Appointment at 10:30", "Came in time: appointments go first.", "10:28"),
        ("B-040", "Priority attention", "Confirmed at the entrance.", "10:08"),
        ("A-118", "Without appointment", "Registry, another line of yours.", "10:08"),
    ]


def test_somebody_on_hold_is_named_apart_and_not_promised_to_the_button() -> None:
    held = ticket("B-036", state="on_hold", returns_to="d7", until=at(10, 45), why="returned")
    shown = mine(board(held, ticket("B-042")))
    assert [(row["code"], row["text"]) for row in shown["held"]] == [("B-036", "comes back at 10:45")]
    assert [row["code"] for row in shown["next"]] == ["B-042"]
    assert shown["finish_label"] == "Finish and call B-042"


def test_a_hold_that_is_due_is_called_first() -> None:
    held = ticket("B-036", state="on_hold", returns_to="d7", until=at(10, 25), why="returned")
    assert mine(board(held, ticket("B-042")))["finish_label"] == "Finish and call B-036"


def test_somebody_on_hold_at_another_desk_is_not_shown() -> None:
    held = ticket("B-036", state="on_hold", returns_to="d8", until=at(10, 45))
    found = board(ticket("B-042"))
    found["tickets"].append(held)
    assert mine(found)["held"] == []


def test_somebody_who_asked_for_time_is_not_promised_to_the_button() -> None:
    shown = mine(board(ticket("B-041", until=at(10, 40))))
    assert shown["next"][0]["why"] == "Asked for time until 10:40."
    assert shown["finish_label"] == "Finish"


def test_an_empty_line_says_when_the_next_appointment_is_due() -> None:
    found = board()
    assert mine(found)["empty_text"] == "No more appointments today."
    found["lines"][1]["next_appointment"] = at(11, 30)
    found["lines"][0]["next_appointment"] = at(12)
    assert mine(found)["empty_text"] == "The next appointment is at 11:30."


def test_a_paused_office_says_that_nobody_is_called() -> None:
    assert mine(board(ticket("B-041"), paused=True))["hint"].startswith("The office is paused.")


def test_a_pause_stands_on_top_with_what_people_read() -> None:
    shown = mine(board(ticket("B-041"), paused=True, pause_message="Fire drill."))
    assert shown["pause_text"] == "The office is paused. Nobody is called until it goes on. Fire drill."
    assert mine(board())["pause_text"] == ""


def test_a_stopped_line_of_the_desk_says_why() -> None:
    line = board_line("b", "identity", "Identity", stopped=True, stop_reason="No printer.")
    other = board_line("c", "licences", "Licences", stopped=True)
    shown = mine(board(lines=[line, other]))
    assert shown["stopped_text"] == "Identity gives no turns without appointment. No printer."


def test_colleagues_are_those_who_sit_at_other_desks() -> None:
    served = ticket("B-040", state="serving", since=at(10, 20), desk="d8")
    found = board(served, state="free")
    current = {"id": "B-040", "code": "B-040", "state": "serving"}
    found["desks"] += [
        board_desk("d8", "8", "serving", current, agent="Elena", agent_id="elena"),
        board_desk("d9", "9", "closed", None, agent=None, agent_id=None),
    ]
    (colleague,) = mine(found)["colleagues"]
    assert (colleague["desk"], colleague["agent"], colleague["code"]) == ("Desk 8", "Elena", "B-040")
    assert colleague["now"] == "Being served since 10:20"


def test_what_was_asked_for_with_the_appointment_is_known_at_the_desk() -> None:
    called = ticket("B-041", state="called", called_at=at(10, 29), until=at(10, 32), appointment="Amina")
    found = board(
        called, state="calling", at_desk="B-041", agenda=[visit("Amina", at(10, 30), needs=["accompanied"])]
    )
    assert mine(found)["needs"] == "With somebody who accompanies"


def test_all_services_of_a_visit_stand_at_the_desk_with_the_time_they_take() -> None:
    (certificate,) = OFFICE.services
    other = replace(certificate, slug="documents", names={"es": "Documentos", "en": "Documents"}, minutes=10)
    reader = Reader("en", READER.translations, replace(OFFICE, services=(certificate, other)))
    called = ticket("B-041", state="called", called_at=at(10, 29), until=at(10, 32), appointment="Amina")
    both = {**called, "more_services": ["documents", "no-longer-given"]}
    for here, expected in (
        (both, ("Certificate, Documents", 25)),
        ({**called, "service": "documents"}, ("Documents", 10)),  # sent on to the second
    ):
        shown = desk_view(board(here, state="calling", at_desk="B-041"), "boris", NOW, reader)
        assert (shown["service"], shown["minutes"]) == expected
    assert desk_view(board(both, state="calling", at_desk="B-041"), "boris", NOW, reader)["pace"].startswith(
        "All of it usually takes 25 minutes."
    )
    waiting = ticket("B-041", appointment_at=at(10, 30), more_services=["documents"])
    (following,) = desk_view(board(waiting), "boris", NOW, reader)["next"]
    assert following["why"].startswith("Certificate, Documents. ")


def test_a_desk_that_is_no_longer_mine_is_closed() -> None:
    shown = desk_view(board(ticket("B-041")), "carmen", NOW, READER)
    assert (shown["state"], shown["next"], shown["ticket_id"]) == ("closed", [], "")


def test_a_call_for_help_is_seen() -> None:
    called = ticket("B-041", state="called", called_at=at(10, 29), until=at(10, 32), help=True)
    assert mine(board(called, state="calling", at_desk="B-041"))["help"] == "Asks for help in the waiting room."


def test_every_view_has_the_same_slots() -> None:
    called = ticket("B-041", state="called", called_at=at(10, 29), until=at(10, 32))
    views = [
        mine(board()),
        mine(board(called, state="calling", at_desk="B-041")),
        desk_view(board(), "carmen", NOW, READER),
    ]
    assert len({frozenset(view) for view in views}) == 1


# Video


def appointment(**values: Any) -> dict[str, Any]:
    return {
        "appointment": "ap",
        "participant": None,
        "starts_at": at(10, 40),
        "ends_at": at(10, 55),
        "name": "Amina",
        "service": "certificate",
        "more_services": [],
        "needs": [],
        "state": "expected",
        "since": None,
        "connected": False,
        "agent": None,
        "outcome": None,
        "verdict": None,
        "test": None,
        **values,
    }


def row(now: datetime = NOW, **values: Any) -> dict[str, Any]:
    shown = video_view([appointment(**values)], now, READER)["rows"][0]
    assert isinstance(shown, dict)
    return shown


def test_somebody_in_the_lobby_can_be_let_in() -> None:
    shown = row(state="lobby", participant="pa", since=at(10, 31), connected=True)
    assert shown["detail"] == "In the lobby since 10:31"
    assert shown["enter"] == {"href": "/staff/rooms/ap?admit=pa", "text": "Let in"}


def test_somebody_who_left_the_page_keeps_the_place() -> None:
    assert row(state="lobby", participant="pa", since=at(10, 31))["detail"] == "Left the page, keeps the place"


def test_a_call_can_be_entered_again() -> None:
    shown = row(state="admitted", participant="pa", since=at(10, 41), connected=True, agent="Boris")
    assert shown["detail"] == "In the call with Boris"
    assert shown["enter"] == {"href": "/staff/rooms/ap", "text": "Go to the call"}
    assert shown["verdict"] is None


@pytest.mark.parametrize(("minutes", "offered"), [(-6, False), (-5, True), (54, True), (55, False)])
def test_the_room_is_offered_from_a_quarter_before_to_half_an_hour_after(minutes: int, offered: bool) -> None:
    assert (row(NOW + timedelta(minutes=minutes))["enter"] is not None) is offered


def judged(verdict: str, *advice: str, **values: Any) -> dict[str, Any]:
    test = {"code": "K7-42", "sign_language": verdict, "fault": "wifi", "advice": list(advice), "at": at(9, 0)}
    return {"verdict": verdict, "test": {**test, "finished": True, **values}}


def test_a_test_that_was_not_made_is_unknown_and_never_green() -> None:
    assert row()["verdict"] == {"value": "unknown", "text": "Has not run the test"}
    assert row(state="lobby", since=at(10, 31))["verdict"]["value"] == "unknown"
    assert row()["test"] is None


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (judged("green"), ("green", "All will go well")),
        (judged("amber", "nearer_to_router"), ("amber", "Weak signal")),
        (judged("red", "audio_only", "nearer_to_router"), ("red", "Sound only")),
        (judged("red"), ("red", "Will not go well")),
        (judged("unknown"), ("unknown", "Test not complete")),
    ],
)
def test_the_last_test_says_why(test: dict[str, Any], said: tuple[str, str]) -> None:
    shown = row(**test)
    assert (shown["verdict"]["value"], shown["verdict"]["text"]) == said
    assert shown["test"] == {"href": "/staff/tests/K7-42", "text": "Test K7-42"}


def test_a_test_that_was_left_says_so_beside_what_it_found() -> None:
    nothing, weak = row(**judged("unknown", finished=False)), row(**judged("amber", "more_light", finished=False))
    assert (nothing["verdict"]["text"], weak["verdict"]["text"]) == ("Test not finished", "Dark picture")
    assert (nothing["detail"], weak["detail"]) == ("Not here yet", "Not here yet. Test not finished")


def test_who_signs_is_told_by_what_signing_needs() -> None:
    test = judged("amber", "close_other_programs", sign_language="red")
    assert row(**test)["verdict"]["text"] == "Slow connection"
    signing = row(needs=["sign_language"], **test)["verdict"]
    assert signing == {"value": "red", "text": "Not enough for sign language"}


def test_a_test_whose_code_was_lent_again_is_not_linked() -> None:
    assert row(**judged("green", code=None))["test"] is None


@pytest.mark.parametrize(
    ("outcome", "said"),
    [("no_show", "Did not come"), ("resolved", "The call is over"), (None, "The call is over")],
)
def test_what_is_over_says_how_it_ended(outcome: str | None, said: str) -> None:
    shown = row(state="ended", outcome=outcome)
    assert (shown["detail"], shown["enter"], shown["verdict"]) == (said, None, None)


def test_needs_are_said() -> None:
    assert row(needs=["sign_language"])["detail"] == "Not here yet. With a sign language interpreter"


def test_those_in_the_lobby_are_counted() -> None:
    found = board(video=[appointment(state="lobby", connected=True, since=at(10, 31)), appointment()])
    assert console_view(found, "boris", NOW, READER)["video"]["count"] == "1 in the lobby"
