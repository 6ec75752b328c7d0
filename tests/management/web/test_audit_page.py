"""The audit page: sources in one order, filters, scope, and CSV."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from office360.core.auth import StaffRole
from office360.core.db.audit_entries import AuditActor, add_audit_entry
from office360.core.runtime import Runtime
from office360.management.web import audit_page
from office360.offices.service import Office, office_by_slug
from office360.queue import service as queue
from office360.queue.actions.agent import hold_ticket
from office360.queue.actions.pause import evacuate_office, pause_office, resume_office
from office360.queue.service import TicketRequest
from office360.rooms.actions import participant_actions, room_entry, staff_actions
from office360.staff.actions import accounts
from office360.staff.service import OPERATOR, disable_person

from ...conftest import AppServer, FakeClock
from ...rooms.support.guests import invite_guest
from ...rooms.support.video_appointments import (
    AT,
    book_video_appointment,
    enter_as_agent,
    enter_as_citizen,
    new_session_hash,
)
from ...staff.conftest import PASSWORD, load_principal, sign_in
from ...support.office_fixture import build_office

AUDIT = "/staff/manage/audit"


@pytest.fixture
async def people(app_server: AppServer) -> dict[str, str]:
    """Ids by username: `gloria` manages the central office, `ada` administers everything."""
    runtime = app_server.runtime
    await build_office(runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
    accounts_to_create: list[tuple[str, StaffRole, list[str] | None]] = [
        ("boris", StaffRole.AGENT, ["centro"]),
        ("carmen", StaffRole.HOST, ["centro"]),
        ("gloria", StaffRole.MANAGER, ["centro"]),
        ("ada", StaffRole.ADMINISTRATOR, None),
    ]
    return {
        username: await accounts.create_user(
            runtime, username=username, name=username.capitalize(), role=role, offices=offices, password=PASSWORD
        )
        for username, role, offices in accounts_to_create
    }


async def add_entry(runtime: Runtime, action: str, label: str, office: str | None, **values: Any) -> None:
    async with runtime.transaction() as tx:
        subject = (action.partition(".")[0], label, label)
        actor = AuditActor("gone", "Someone of before")
        add_audit_entry(tx.session, tx.now, actor, action, subject, office=office, **values)


async def serve_one_person(runtime: Runtime, clock: FakeClock) -> str:
    """Serve a walk-in at desk 1 until the hold, with a note. Returns the id of the ticket."""
    boris = await load_principal(runtime, "boris")
    async with runtime.read_session() as session:
        desk = (await office_by_slug(session, "centro")).desks[0]
    await queue.open_desk(runtime, boris, desk.id)
    clock.advance(minutes=1)
    issued = await queue.take_ticket(runtime, "centro", TicketRequest(service="documents", name="Amina"))
    clock.advance(minutes=1)
    await queue.call_next(runtime, boris, desk.id)
    clock.advance(minutes=1)
    await queue.start_service(runtime, boris, issued.ticket.id)
    clock.advance(minutes=1)
    await hold_ticket(runtime, boris, issued.ticket.id, note="Fetches a copy.", minutes=120)
    return issued.ticket.id


async def fetch(server: AppServer, who: str, path: str, status: int = 200) -> str:
    async with server.client() as client:
        await sign_in(client, who)
        async with client.get(path) as answer:
            assert answer.status == status
            return await answer.text()


async def fetch_actions(server: AppServer, who: str, query: str = "") -> list[str]:
    """Return the sentences of the page, in its order."""
    page = await fetch(server, who, f"{AUDIT}?lang=en{query}")
    return re.findall(r'<div class="did"><b>[^<]*</b><span>([^<]*)</span>', page)


async def test_sources_are_merged_newest_first(
    app_server: AppServer, clock: FakeClock, people: dict[str, str]
) -> None:
    runtime = app_server.runtime
    video = await book_video_appointment(runtime, AT, "Elena")
    await serve_one_person(runtime, clock)
    clock.advance(minutes=1)
    await pause_office(runtime, await load_principal(runtime, "carmen"), "centro", "Back at noon.")
    clock.advance(minutes=1)
    carmen = await load_principal(runtime, "carmen")
    await evacuate_office(runtime, carmen, "centro", lambda _: {"es": "Sal.", "en": "Leave."})
    clock.advance(minutes=1)
    await resume_office(runtime, carmen, "centro")
    clock.advance(minutes=1)
    await add_entry(runtime, "settings.changed", "centro", "centro", before={"minutes": 10}, after={"minutes": 15})
    clock.set(AT - timedelta(minutes=5))
    await enter_as_agent(runtime, video)
    assert await fetch_actions(app_server, "gloria") == [
        "Opened the page of the video call",
        "Changed settings",
        "Ended the evacuation",
        "Told everyone to leave: evacuation",
        "Paused the office",
        "Put the turn on hold",
        "Began to serve the person",
        "Called the person",
        "Joined the queue",
        "Opened a desk",
    ]
    page = await fetch(app_server, "gloria", f"{AUDIT}?lang=en")
    assert "Fetches a copy." in page
    assert "Back at noon." in page
    assert "Amina" not in page, "no entry names a citizen"


async def test_filters_choose_entries(app_server: AppServer, clock: FakeClock, people: dict[str, str]) -> None:
    runtime = app_server.runtime
    ticket_id = await serve_one_person(runtime, clock)
    await add_entry(runtime, "person.changed", "diego", "centro")
    await add_entry(runtime, "settings.changed", "norte", "norte")

    async def actions(query: str) -> list[str]:
        return await fetch_actions(app_server, "ada", query)

    assert await actions("&kind=people") == ["Changed the account"]
    assert await actions("&kind=settings&office=norte") == ["Changed settings"]
    assert await actions("&person=citizen") == ["Joined the queue"]
    assert len(await actions(f"&person={people['boris']}")) == 4
    assert len(await actions(f"&about=ticket:{ticket_id}&from=2020-01-01&until=2020-01-02")) == 4
    assert await actions("&from=2026-11-20&until=2026-11-24") == []
    assert len(await actions("&kind=nonsense&person=x&office=y&about=z&after=q")) == 7, (
        "wrong filters are left out"
    )


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("from=2026-13-45", "Write a day like this: 2026-11-25."),
        ("from=2026-11-26&until=2026-11-25", "The first day is after the last one."),
        ("from=2025-11-26&until=2026-11-25", "Choose at most 92 days."),
    ],
)
async def test_wrong_days_get_an_error(
    app_server: AppServer, people: dict[str, str], query: str, error: str
) -> None:
    page = await fetch(app_server, "ada", f"{AUDIT}?lang=en&{query}", 422)
    assert page.count(error) == 2, "above the form and beside the field"
    typed = query.partition("=")[2].partition("&")[0]
    assert f'value="{typed}"' in page, "the typed value is kept"
    assert error in await fetch(app_server, "ada", f"{AUDIT}.csv?lang=en&{query}", 422)


async def test_manager_sees_own_offices_only(app_server: AppServer, people: dict[str, str]) -> None:
    runtime = app_server.runtime
    await add_entry(runtime, "settings.changed", "here", "centro")
    await add_entry(runtime, "hours.changed", "there", "norte")
    await add_entry(runtime, "site.changed", "all", None)
    assert await fetch_actions(app_server, "gloria") == ["Changed settings"]
    assert await fetch_actions(app_server, "gloria", "&office=norte") == ["Changed settings"]
    assert await fetch_actions(app_server, "gloria", "&about=site:all") == []
    assert await fetch_actions(app_server, "ada") == [
        "Changed the look and law of the organisation",
        "Changed the hours",
        "Changed settings",
    ]
    table = await fetch(app_server, "gloria", f"{AUDIT}.csv?lang=en")
    assert "Changed settings" in table
    assert "Changed the hours" not in table


async def test_host_may_not_see_the_audit(app_server: AppServer, people: dict[str, str]) -> None:
    await fetch(app_server, "carmen", AUDIT, 403)
    await fetch(app_server, "carmen", f"{AUDIT}.csv", 403)


async def test_pages_follow_each_other_without_gaps(
    app_server: AppServer, people: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_page, "PAGE_RECORDS", 3)
    for number in range(7):  # all at the same time: the id decides the order
        await add_entry(app_server.runtime, "settings.changed", f"entry-{number}", "centro")
    labels, path = [], f"{AUDIT}?lang=en"
    while path:
        page = await fetch(app_server, "gloria", path)
        labels += re.findall(r">\S*\s?entry-(\d)<", page)
        older = re.search(r'class="button quiet" href="([^"]*after=[^"]*)"', page)
        path = older.group(1).replace("&amp;", "&") if older else ""
    assert labels == list("6543210")


async def test_csv_has_the_same_entries(
    app_server: AppServer, clock: FakeClock, people: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_page, "CSV_BATCH", 2)
    await serve_one_person(app_server.runtime, clock)
    await add_entry(app_server.runtime, "settings.changed", "=1+1", "centro", after={"name": "=HYPERLINK()"})
    text = await fetch(app_server, "gloria", f"{AUDIT}.csv?lang=en")
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0] == [
        "Time",
        "Time zone",
        "Office",
        "Who",
        "What",
        "To what",
        "Before",
        "After",
        "Reason or note",
    ]
    assert [row[4] for row in rows[1:]] == await fetch_actions(app_server, "gloria")
    assert rows[2][:2] == ["2026-11-25 10:34:00", "Central European Standard Time"]
    assert rows[2][3:6] == ["Boris", "Put the turn on hold", "Ticket A-001"]
    assert rows[2][8] == "Fetches a copy."


async def test_csv_is_bounded(
    app_server: AppServer, people: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_page, "MAX_CSV_RECORDS", 3)
    monkeypatch.setattr(audit_page, "CSV_BATCH", 2)
    for number in range(5):
        await add_entry(app_server.runtime, "settings.changed", str(number), "centro")
    assert len((await fetch(app_server, "ada", f"{AUDIT}.csv")).splitlines()) == 1 + 3


async def test_disabled_account_keeps_its_name(
    app_server: AppServer, clock: FakeClock, people: dict[str, str], office: Office
) -> None:
    runtime = app_server.runtime
    await serve_one_person(runtime, clock)
    await disable_person(runtime, OPERATOR, people["boris"])
    page = await fetch(app_server, "gloria", f"{AUDIT}?lang=en")
    assert "<b>Boris</b><span>Put the turn on hold" in page
    assert "Disabled the account" in page


async def test_guests_of_a_call_are_named(app_server: AppServer, clock: FakeClock, people: dict[str, str]) -> None:
    runtime = app_server.runtime
    video = await book_video_appointment(runtime, AT)
    clock.set(AT)
    _, token = await invite_guest(runtime, video, "Fatima")
    agent = await enter_as_agent(runtime, video)
    citizen = await enter_as_citizen(runtime, video)
    guest = await room_entry.enter_as_guest(runtime, token, "phone", new_session_hash())
    for member in (citizen, guest):
        await participant_actions.join_lobby(runtime, member, None)
        await staff_actions.admit_participant(runtime, agent, member.participant_id)
    page = await fetch(app_server, "gloria", f"{AUDIT}?lang=en&about=appointment:{video.appointment.id}")
    assert "<b>Fatima (Interpreter)</b><span>Entered the lobby" in page
    assert "<dt>Person</dt><dd><ins>Fatima</ins>" in page
    assert "<dt>Person</dt><dd><ins>Citizen</ins>" in page
    assert "<dt>Role</dt><dd><ins>Interpreter</ins>" in page
    assert "<dt>Way</dt><dd><ins>Link that is shown or copied</ins>" in page
    assert "Amina" not in page


async def test_ended_call_shows_its_note(app_server: AppServer, clock: FakeClock, people: dict[str, str]) -> None:
    runtime = app_server.runtime
    video = await book_video_appointment(runtime, AT)
    clock.set(AT + timedelta(minutes=1))
    agent = await enter_as_agent(runtime, video)
    await staff_actions.end_room(runtime, agent, "no_show", "Rang twice.")
    page = await fetch(app_server, "gloria", f"{AUDIT}?lang=en&about=appointment:{video.appointment.id}")
    assert {"Ended the video call", "Noted that the person did not come"} <= set(
        re.findall(r"<span>([^<]*)</span>", page)
    )
    assert "Rang twice." in page
    assert "Amina" not in page
