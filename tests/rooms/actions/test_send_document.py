"""Sending of documents in a room: parts, resuming, limits, deletion."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from office360.core.errors import NotAllowed, NotFound, Refused
from office360.core.runtime import Runtime
from office360.rooms.actions import staff_actions
from office360.rooms.actions.send_document import append_part, begin_upload, remove_document
from office360.rooms.domain.room_documents import MAX_DOCUMENTS, MIN_PART_BYTES, UPLOAD_KEPT_FOR, RoomDocument
from office360.rooms.queries.papers_after_call import papers_after_call
from office360.rooms.queries.received_documents import require_reader, stream_content
from office360.rooms.queries.room_access import CITIZEN_PERSON, person_key
from office360.rooms.storage import document_rows

from ...conftest import FakeClock
from ..support.documents import announced, pdf
from ..support.video_appointments import (
    BORIS,
    CARMEN,
    BookedVideoAppointment,
    audit_kinds,
    enter_admitted_pair,
    enter_as_citizen,
)

AGENT = person_key(BORIS)


async def send(
    runtime: Runtime, booked: BookedVideoAppointment, content: bytes, person: str = CITIZEN_PERSON
) -> RoomDocument:
    """Send a whole document in a single part."""
    begun, _ = await begin_upload(runtime, booked.appointment, person, announced(content))
    return await append_part(runtime, booked.appointment, person, begun.id, 0, content)


async def stored_content(runtime: Runtime, document_id: str) -> bytes:
    return b"".join([part async for part in stream_content(runtime, document_id)])


async def test_interrupted_upload_goes_on_where_it_stopped(
    runtime: Runtime, booked: BookedVideoAppointment
) -> None:
    await enter_admitted_pair(runtime, booked)
    content = pdf()
    begun, is_new = await begin_upload(runtime, booked.appointment, CITIZEN_PERSON, announced(content))
    assert is_new
    cut = MIN_PART_BYTES
    await append_part(runtime, booked.appointment, CITIZEN_PERSON, begun.id, 0, content[:cut])
    with pytest.raises(Refused, match="wrong_offset") as again:  # its answer was lost, and it is sent again
        await append_part(runtime, booked.appointment, CITIZEN_PERSON, begun.id, 0, content[:cut])
    assert again.value.details == {"offset": cut}
    resumed, is_new = await begin_upload(runtime, booked.appointment, CITIZEN_PERSON, announced(content, "b.pdf"))
    assert (resumed.id, resumed.received, is_new) == (begun.id, cut, False)
    done = await append_part(runtime, booked.appointment, CITIZEN_PERSON, begun.id, cut, content[cut:])
    assert (done.media_type, done.completed_at is not None) == ("application/pdf", True)
    assert await stored_content(runtime, done.id) == content
    assert (await audit_kinds(runtime, booked)).count("document_sent") == 1


async def test_last_step_can_be_repeated_after_a_crash(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    await enter_admitted_pair(runtime, booked)
    content = pdf()
    begun, _ = await begin_upload(runtime, booked.appointment, CITIZEN_PERSON, announced(content))
    async with runtime.transaction() as tx:  # the process ended after the last part
        await document_rows.add_part(tx.session, begun.id, 0, content, tx.now)
    done = await append_part(runtime, booked.appointment, CITIZEN_PERSON, begun.id, len(content), b"")
    assert done.completed_at is not None


async def test_refused_documents_leave_nothing(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    await enter_admitted_pair(runtime, booked)
    page = b"<html>" + b" " * MIN_PART_BYTES
    with pytest.raises(Refused, match="document_type"):
        await send(runtime, booked, page)
    begun, _ = await begin_upload(runtime, booked.appointment, CITIZEN_PERSON, announced(pdf()))
    with pytest.raises(Refused, match="document_damaged"):
        await append_part(runtime, booked.appointment, CITIZEN_PERSON, begun.id, 0, pdf(mark=2))
    async with runtime.read_session() as session:
        assert await document_rows.count_documents(session, booked.appointment.id) == 0


async def test_room_takes_ten_documents_also_at_once(
    runtime: Runtime, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    await enter_admitted_pair(runtime, booked)
    begin = [
        begin_upload(runtime, booked.appointment, person, announced(pdf(mark=mark)))
        for mark in range(7)
        for person in (CITIZEN_PERSON, AGENT)
    ]
    results = await asyncio.gather(*begin, return_exceptions=True)
    refused = [result for result in results if isinstance(result, Refused)]
    assert (len(results) - len(refused), {refusal.code for refusal in refused}) == (
        MAX_DOCUMENTS,
        {"too_many_documents"},
    )
    clock.advance(seconds=UPLOAD_KEPT_FOR.total_seconds() + 1)  # abandoned uploads make room
    assert (await begin_upload(runtime, booked.appointment, AGENT, announced(pdf(mark=99))))[1]


async def test_only_members_send_and_read(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    appointment = booked.appointment
    await enter_as_citizen(runtime, booked)
    with pytest.raises(Refused, match="not_admitted"):
        await begin_upload(runtime, appointment, CITIZEN_PERSON, announced(pdf()))
    _, staff = await enter_admitted_pair(runtime, booked)
    sent = await send(runtime, booked, pdf())
    async with runtime.read_session() as session:
        await require_reader(session, appointment.id, AGENT)
        with pytest.raises(NotAllowed, match="not_of_this_room"):  # a colleague who was not in the call
            await require_reader(session, appointment.id, person_key(CARMEN))
    with pytest.raises(NotAllowed, match="not_your_document"):
        await remove_document(runtime, appointment, AGENT, sent.id)
    await staff_actions.end_room(runtime, staff, "resolved")
    with pytest.raises(Refused, match="room_over"):
        await begin_upload(runtime, appointment, CITIZEN_PERSON, announced(pdf(mark=2)))
    async with runtime.read_session() as session:
        papers = await papers_after_call(session, appointment.id, AGENT)
        assert [document.id for document in papers.documents] == [sent.id]
        assert (await papers_after_call(session, appointment.id, person_key(CARMEN))).documents == ()
    await remove_document(runtime, appointment, CITIZEN_PERSON, sent.id)  # its sender, also after the call
    assert await stored_content(runtime, sent.id) == b""


async def test_document_of_another_room_is_not_found(
    runtime: Runtime, elena: BookedVideoAppointment, booked: BookedVideoAppointment
) -> None:
    await enter_admitted_pair(runtime, booked)
    await enter_admitted_pair(runtime, elena)
    sent = await send(runtime, booked, pdf())
    with pytest.raises(NotFound):
        await remove_document(runtime, elena.appointment, CITIZEN_PERSON, sent.id)
    with pytest.raises(NotFound):
        await append_part(runtime, elena.appointment, CITIZEN_PERSON, sent.id, 0, b"x")


async def test_documents_are_deleted_with_their_retention(
    runtime: Runtime, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    await enter_admitted_pair(runtime, booked)
    sent = await send(runtime, booked, pdf())
    await document_rows.delete_old_documents(runtime, runtime.now() - timedelta(days=30))
    assert await stored_content(runtime, sent.id) == pdf()
    clock.advance(days=31)
    await document_rows.delete_old_documents(runtime, runtime.now() - timedelta(days=30))
    assert await stored_content(runtime, sent.id) == b""
