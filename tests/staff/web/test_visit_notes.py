"""Notes and reasons of staff: colleagues read them, citizens never do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service as appointments
from office360.appointments.actions.book import book_as_staff
from office360.appointments.service import BookingRequest
from office360.appointments.storage.tables import VisitNoteRow
from office360.core.auth import Principal, StaffRole
from office360.core.db.audit_entries import AuditEntryRow
from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.offices.service import Office, office_by_slug
from office360.queue import service as queue
from office360.queue.actions.agent import hold_ticket
from office360.queue.actions.host import give_ticket, put_ticket_first
from office360.queue.actions.transfer import transfer_ticket
from office360.queue.service import TicketRequest
from office360.rooms.actions import staff_actions
from office360.server.jobs.nightly_cleanup import DataRetention, delete_expired_data
from office360.staff.queries.board import load_board, remove_names, search_people
from sqlalchemy import select

from ...conftest import MORNING, AppServer, FakeClock
from ...rooms.support.room_client import open_room_client
from ...rooms.support.video_appointments import AT, book_video_appointment, enter_admitted_pair
from ...support.timeouts import TEST_TIMEOUT_S
from ..conftest import sign_in

BORIS = Principal("boris", "Boris", StaffRole.AGENT, frozenset({"centro"}))
CARMEN = Principal("carmen", "Carmen", StaffRole.HOST, frozenset({"centro"}))
AMINA: dict[str, Any] = {"name": "Amina", "email": "amina@example.org"}
SECRET = "SOLO-EQUIPO-77"  # in every note of the test that looks for leaks


async def load_notes(runtime: Runtime, part: str = "tickets") -> list[list[tuple[str, str, bool]]]:
    """Return kind, text and `earlier` of the notes of each entry of a part of the board."""
    async with runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
        board = await load_board(session, runtime.tokens, office, "en", runtime.now())
    return [[(note["kind"], note["text"], note["earlier"]) for note in entry["notes"]] for entry in board[part]]


async def serve(runtime: Runtime, office: Office, request: Mapping[str, Any], agent: Principal = BORIS) -> str:
    """Serve a walk-in at desk 1. Returns the id of the ticket."""
    issued = await queue.take_ticket(runtime, "centro", TicketRequest(service="documents", **request))
    await queue.open_desk(runtime, agent, office.desks[0].id)
    called = await queue.call_next(runtime, agent, office.desks[0].id)
    assert called is not None
    assert called.id == issued.ticket.id
    await queue.start_service(runtime, agent, called.id)
    return called.id


async def test_note_of_hold_is_shown_at_recall(runtime: Runtime, office: Office) -> None:
    ticket_id = await serve(runtime, office, AMINA)
    await hold_ticket(runtime, BORIS, ticket_id, note="Fetches a copy.")
    await queue.start_service(runtime, BORIS, ticket_id)
    assert await load_notes(runtime) == [[("held", "Fetches a copy.", False)]]


async def test_note_of_transfer_is_shown_at_next_desk(runtime: Runtime, office: Office) -> None:
    ticket_id = await serve(runtime, office, {"name": "Amina"})
    await transfer_ticket(runtime, BORIS, ticket_id, service="certificate", note="Identity is checked.")
    async with runtime.read_session() as session:
        board = await load_board(session, runtime.tokens, office, "en", runtime.now())
    (note,) = board["tickets"][0]["notes"]
    assert (note["kind"], note["desk"], note["author"]) == ("transferred", office.desks[0].name, "Boris")
    assert note["text"] == "Identity is checked."


@pytest.mark.parametrize("contact", [{"email": "amina@example.org"}, {"phone": "+34600111222"}])
async def test_note_is_shown_at_next_visit_with_same_contact(
    runtime: Runtime, clock: FakeClock, office: Office, contact: dict[str, Any]
) -> None:
    ticket_id = await serve(runtime, office, contact)
    await queue.finish_service(runtime, BORIS, ticket_id, outcome="documents_missing", note="Bring the deed.")
    clock.advance(days=1)
    await queue.take_ticket(runtime, "centro", TicketRequest(service="documents", **contact))
    await queue.take_ticket(runtime, "centro", TicketRequest(service="documents", email="elena@example.org"))
    assert await load_notes(runtime) == [[("finished", "Bring the deed.", True)], []]


async def test_note_is_shown_on_next_appointment(runtime: Runtime, clock: FakeClock, office: Office) -> None:
    ticket_id = await serve(runtime, office, AMINA)
    await queue.finish_service(runtime, BORIS, ticket_id, outcome="referred")
    booking = BookingRequest(
        service="documents", mode="in_person", starts_at=MORNING + timedelta(hours=2), **AMINA
    )
    booked = await appointments.book_appointment(runtime, "centro", booking)
    assert await load_notes(runtime, "agenda") == [[("finished", "", True)]]
    async with runtime.read_session() as session:
        found = await search_people(session, runtime.tokens, office, "amina", runtime.now())
    assert [note["outcome"] for note in found.notes[booked.id]] == ["referred"]


async def test_note_of_video_call_is_shown_at_next_call(
    runtime: Runtime, clock: FakeClock, office: Office
) -> None:
    first = await book_video_appointment(runtime, AT)
    clock.set(AT)
    _, agent = await enter_admitted_pair(runtime, first)
    await staff_actions.end_room(runtime, agent, "technical_problem", "The voice broke.")
    await book_video_appointment(runtime, AT + timedelta(hours=3))
    assert await load_notes(runtime, "video") == [
        [("call_ended", "The voice broke.", False)],
        [("call_ended", "The voice broke.", True)],
    ]


async def test_reasons_of_host_are_shown_to_colleagues(runtime: Runtime, office: Office) -> None:
    request = TicketRequest(service="documents", name="Amina", override="The line was stopped.")
    given = await give_ticket(runtime, CARMEN, "centro", request)
    await put_ticket_first(runtime, CARMEN, given.ticket.id, "She feels unwell.")
    booking = BookingRequest(
        service="documents",
        mode="in_person",
        starts_at=MORNING + timedelta(hours=20),
        override="Agreed by telephone.",
        **AMINA,
    )
    await book_as_staff(runtime, CARMEN, "centro", booking)
    assert sorted((await load_notes(runtime))[0]) == [
        ("issued", "The line was stopped.", False),
        ("placed", "She feels unwell.", False),
    ]
    async with runtime.read_session() as session:
        kinds = (await session.scalars(select(VisitNoteRow.kind).order_by(VisitNoteRow.id))).all()
    assert list(kinds) == ["issued", "placed", "booked"]


async def test_notes_of_another_office_are_not_shown(
    runtime: Runtime, office: Office, staff: dict[str, str]
) -> None:
    ticket_id = await serve(runtime, office, AMINA)
    await queue.finish_service(runtime, BORIS, ticket_id, note="Bring the deed.")
    await queue.take_ticket(runtime, "norte", TicketRequest(service="documents", **AMINA))
    async with runtime.read_session() as session:
        north = await office_by_slug(session, "norte")
        board = await load_board(session, runtime.tokens, north, "en", runtime.now())
    assert [ticket["notes"] for ticket in board["tickets"]] == [[]]


async def test_programs_do_not_get_notes(runtime: Runtime, office: Office) -> None:
    ticket_id = await serve(runtime, office, AMINA)
    await hold_ticket(runtime, BORIS, ticket_id, note=SECRET)
    async with runtime.read_session() as session:
        board = await load_board(session, runtime.tokens, office, "en", runtime.now())
    assert SECRET in json.dumps(board)
    assert SECRET not in json.dumps(remove_names(board))


async def test_notes_are_deleted_with_contacts(runtime: Runtime, clock: FakeClock, office: Office) -> None:
    ticket_id = await serve(runtime, office, AMINA)
    await queue.finish_service(runtime, BORIS, ticket_id, note="Bring the deed.")
    clock.advance(days=29)
    await delete_expired_data(runtime, DataRetention(timedelta(days=30)))
    assert await count_notes(runtime) == 1
    clock.advance(days=2)
    await delete_expired_data(runtime, DataRetention(timedelta(days=30)))
    assert await count_notes(runtime) == 0


async def count_notes(runtime: Runtime) -> int:
    async with runtime.read_session() as session:
        return len((await session.scalars(select(VisitNoteRow.id))).all())


async def test_notes_never_reach_citizens(app_server: AppServer, clock: FakeClock, office: Office) -> None:
    """Write every kind of note, then read all that a citizen can read, in both languages."""
    runtime = app_server.runtime
    video = await book_video_appointment(runtime, AT)
    booking = BookingRequest(
        service="documents", mode="in_person", starts_at=MORNING + timedelta(hours=20), override=SECRET, **AMINA
    )
    booked = await book_as_staff(runtime, CARMEN, "centro", booking)
    request = TicketRequest(service="documents", override=SECRET, phone="+34600111222", **AMINA)
    given = await give_ticket(runtime, CARMEN, "centro", request)
    await put_ticket_first(runtime, CARMEN, given.ticket.id, SECRET)
    await queue.open_desk(runtime, BORIS, office.desks[0].id)
    await queue.call_next(runtime, BORIS, office.desks[0].id)
    await queue.start_service(runtime, BORIS, given.ticket.id)
    await hold_ticket(runtime, BORIS, given.ticket.id, note=SECRET)
    await queue.start_service(runtime, BORIS, given.ticket.id)
    ticket, address = f"/t/{given.token}", f"/a/{appointments.appointment_token(runtime, booked)}"
    read = [
        ticket,
        f"/api/v1/tickets/{given.token}",
        address,
        f"/api/v1/appointments/{address.removeprefix('/a/')}",
        f"/a/{video.token}",
        f"/a/{video.token}/room",
        "/o/centro",
        "/o/centro/display",
    ]
    await assert_secret_is_absent(app_server, read)
    await queue.finish_service(runtime, BORIS, given.ticket.id, outcome="documents_missing", note=SECRET)
    clock.set(AT)
    guest, agent = await enter_admitted_pair(runtime, video)
    async with open_room_client(app_server, {"token": video.token}) as client:
        welcome = json.dumps(await client.receive("welcome"))
        await staff_actions.end_room(runtime, agent, "resolved", SECRET)
        ended = json.dumps(await client.receive("ended"))
    assert SECRET not in welcome + ended
    del guest
    await assert_secret_is_absent(app_server, read)
    async with runtime.read_session() as session:
        messages = (await session.scalars(select(OutboxRow))).all()
        notes = (await session.scalars(select(VisitNoteRow.text))).all()
        entries = (await session.scalars(select(AuditEntryRow))).all()
    assert len(messages) > 1
    assert [SECRET in str(message.payload) for message in messages] == [False] * len(messages)
    assert list(notes) == [SECRET] * 6, "every kind of note was written"
    assert entries


async def assert_secret_is_absent(server: AppServer, paths: list[str]) -> None:
    async with server.client() as client:
        for path in paths:
            for language in ("es", "en"):
                async with client.get(path, params={"lang": language}) as answer:
                    assert answer.status in (200, 410), path
                    assert SECRET not in await answer.text(), path
        for socket_path, hello in (
            ("/ws/ticket", {"token": paths[0].removeprefix("/t/")}),
            ("/ws/display", {"office": "centro"}),
        ):
            async with client.ws_connect(socket_path) as socket:
                await socket.send_json({"type": "hello", **hello})
                frame = await socket.receive(timeout=TEST_TIMEOUT_S)
                assert SECRET not in str(frame.data), socket_path


async def test_agent_reads_notes_in_the_room(
    app_server: AppServer, clock: FakeClock, office: Office, staff: dict[str, str]
) -> None:
    runtime = app_server.runtime
    boris = replace(BORIS, id=staff["boris"])
    ticket_id = await serve(runtime, office, AMINA, boris)
    await queue.finish_service(runtime, boris, ticket_id, note="Bring the deed.")
    video = await book_video_appointment(runtime, AT)
    clock.set(AT)
    async with app_server.client() as client:
        await sign_in(client, "boris")
        async with client.get(f"/staff/rooms/{video.appointment.id}?lang=en") as answer:
            page = await answer.text()
    assert "For colleagues only" in page
    assert "Bring the deed." in page
    assert "Visit of Wednesday 25 November, Boris" in page
