"""Documents that a virus scanner looks at before the others in the call get them."""

from __future__ import annotations

import pytest
from office360.core.errors import Refused, Unavailable
from office360.core.runtime import Runtime
from office360.core.virus_scanner import CHUNK_BYTES, VirusScanner
from office360.rooms.actions.send_document import append_part, begin_upload
from office360.rooms.queries.room_access import CITIZEN_PERSON
from office360.rooms.storage import document_rows

from ...support.ports import free_port
from ..support.documents import announced, pdf
from ..support.fake_clamd import INFECTED, running_fake_clamd
from ..support.video_appointments import BookedVideoAppointment, audit_kinds, enter_admitted_pair

CLEAN = pdf(2 * CHUNK_BYTES + 1)


async def test_infected_document_is_refused_and_deleted(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    await enter_admitted_pair(runtime, booked)
    content = CLEAN + INFECTED
    begun, _ = await begin_upload(runtime, booked.appointment, CITIZEN_PERSON, announced(content))
    async with running_fake_clamd() as scanner:
        with pytest.raises(Refused, match="document_infected"):
            await append_part(runtime, booked.appointment, CITIZEN_PERSON, begun.id, 0, content, scanner)
    async with runtime.read_session() as session:
        assert await document_rows.count_documents(session, booked.appointment.id) == 0
    assert "document_sent" not in await audit_kinds(runtime, booked)


async def test_document_waits_until_the_scanner_answers(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    await enter_admitted_pair(runtime, booked)
    begun, _ = await begin_upload(runtime, booked.appointment, CITIZEN_PERSON, announced(CLEAN))
    away = VirusScanner("127.0.0.1", free_port())
    with pytest.raises(Unavailable):
        await append_part(runtime, booked.appointment, CITIZEN_PERSON, begun.id, 0, CLEAN, away)
    async with runtime.read_session() as session:
        assert await document_rows.complete_documents(session, booked.appointment.id) == []
    async with running_fake_clamd() as scanner:
        assert await scanner.ping()
        done = await append_part(runtime, booked.appointment, CITIZEN_PERSON, begun.id, len(CLEAN), b"", scanner)
    assert done.completed_at is not None
