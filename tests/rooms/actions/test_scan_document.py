"""Documents that a virus scanner looks at before the others in the call get them."""

from __future__ import annotations

import asyncio
import tracemalloc
from datetime import timedelta

import pytest
from office360.core import virus_scanner
from office360.core.errors import Refused, Unavailable
from office360.core.runtime import Runtime
from office360.core.virus_scanner import CHUNK_BYTES, MAX_SCANS, VirusScanner
from office360.rooms.actions.send_document import append_part, begin_upload
from office360.rooms.domain.room_documents import (
    CHECK_CLAIMED_FOR,
    CHECK_RETRY_AFTER_S,
    MAX_DOCUMENT_BYTES,
    MAX_PART_BYTES,
)
from office360.rooms.queries.room_access import CITIZEN_PERSON
from office360.rooms.storage import document_rows

from ...conftest import FakeClock
from ...support.ports import free_port
from ..support.documents import announced, pdf
from ..support.fake_clamd import INFECTED, running_fake_clamd
from ..support.video_appointments import BookedVideoAppointment, audit_kinds, enter_admitted_pair

CLEAN = pdf(2 * CHUNK_BYTES + 1)


async def test_infected_document_is_refused_and_deleted(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    await enter_admitted_pair(runtime, booked)
    content = CLEAN + INFECTED
    begun, _ = await begin_upload(runtime, booked.appointment, CITIZEN_PERSON, announced(content))
    async with running_fake_clamd() as (scanner, _):
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
    async with running_fake_clamd() as (scanner, _):
        assert await scanner.ping()
        done = await append_part(runtime, booked.appointment, CITIZEN_PERSON, begun.id, len(CLEAN), b"", scanner)
    assert done.completed_at is not None


async def store_whole(runtime: Runtime, booked: BookedVideoAppointment, content: bytes) -> str:
    """Store all bytes of a document without a check, as before a process ended. Return its id."""
    begun, _ = await begin_upload(runtime, booked.appointment, CITIZEN_PERSON, announced(content))
    for start in range(0, len(content), MAX_PART_BYTES):
        async with runtime.transaction() as tx:
            part = content[start : start + MAX_PART_BYTES]
            await document_rows.add_part(tx.session, begun.id, start, part, tx.now)
    return begun.id


async def test_concurrent_last_parts_are_checked_once(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    await enter_admitted_pair(runtime, booked)
    document = await store_whole(runtime, booked, CLEAN)
    async with running_fake_clamd() as (scanner, clamd):
        clamd.hang()
        end = (runtime, booked.appointment, CITIZEN_PERSON, document, len(CLEAN), b"", scanner)
        tasks = [asyncio.create_task(append_part(*end)) for _ in range(25)]
        answers: list[tuple[str, int | None]] = []
        for answered in asyncio.as_completed(tasks):
            with pytest.raises(Unavailable) as refused:
                await answered
            answers.append((refused.value.code, refused.value.retry_after_s))
            if len(answers) == len(tasks) - 1:
                break
        assert set(answers) == {("document_being_checked", CHECK_RETRY_AFTER_S)}
        await clamd.wait_for_scans(1)
        clamd.go_on()
        (done,) = [result for result in await asyncio.gather(*tasks, return_exceptions=True) if _is_done(result)]
        assert clamd.asked == 1
        assert (await append_part(*end)) == done  # whose answer was lost
    assert (await audit_kinds(runtime, booked)).count("document_sent") == 1


def _is_done(result: object) -> bool:
    return not isinstance(result, BaseException)


async def test_claim_of_dead_process_expires(
    runtime: Runtime, booked: BookedVideoAppointment, clock: FakeClock
) -> None:
    await enter_admitted_pair(runtime, booked)
    document = await store_whole(runtime, booked, CLEAN)
    end = (runtime, booked.appointment, CITIZEN_PERSON, document, len(CLEAN), b"")
    async with runtime.transaction() as tx:
        await document_rows.update_document(tx.session, document, check_claimed_until=tx.now + CHECK_CLAIMED_FOR)
    clock.advance(seconds=CHECK_CLAIMED_FOR.total_seconds() - 1)
    with pytest.raises(Unavailable, match="document_being_checked"):
        await append_part(*end)
    clock.advance(seconds=1)
    assert (await append_part(*end)).completed_at is not None


async def test_release_keeps_claim_of_next_check(runtime: Runtime, booked: BookedVideoAppointment) -> None:
    await enter_admitted_pair(runtime, booked)
    document = await store_whole(runtime, booked, CLEAN)
    async with runtime.transaction() as tx:
        await document_rows.update_document(
            tx.session, document, check_claimed_until=tx.now + 2 * CHECK_CLAIMED_FOR
        )
        await document_rows.release_check(tx.session, document, tx.now + timedelta(seconds=1))  # came late
    with pytest.raises(Unavailable, match="document_being_checked"):
        await append_part(runtime, booked.appointment, CITIZEN_PERSON, document, len(CLEAN), b"")


async def test_process_scans_two_documents_at_once(
    runtime: Runtime, booked: BookedVideoAppointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enter_admitted_pair(runtime, booked)
    contents = [pdf(mark=mark) for mark in range(MAX_SCANS + 1)]
    documents = [await store_whole(runtime, booked, content) for content in contents]
    async with running_fake_clamd() as (scanner, clamd), asyncio.TaskGroup() as scans:

        async def check(document: str) -> bool:
            end = (document, len(contents[0]), b"", scanner)
            return (await append_part(runtime, booked.appointment, CITIZEN_PERSON, *end)).completed_at is not None

        clamd.hang()
        first = [scans.create_task(check(document)) for document in documents[:MAX_SCANS]]
        await clamd.wait_for_scans(MAX_SCANS)
        monkeypatch.setattr(virus_scanner, "TURN_WAIT_S", 0)
        with pytest.raises(Unavailable) as refused:
            await check(documents[-1])
        assert (refused.value.retry_after_s, clamd.asked) == (virus_scanner.RETRY_AFTER_S, MAX_SCANS)
        clamd.go_on()
        assert [await check for check in first] == [True] * MAX_SCANS
        assert await check(documents[-1])  # the refusal released its claim


async def test_check_of_largest_document_holds_single_parts(
    runtime: Runtime, booked: BookedVideoAppointment
) -> None:
    await enter_admitted_pair(runtime, booked)
    content = pdf(MAX_DOCUMENT_BYTES)
    document = await store_whole(runtime, booked, content)
    async with running_fake_clamd() as (scanner, _):
        end = (document, len(content), b"", scanner)
        tracemalloc.start()
        try:
            await append_part(runtime, booked.appointment, CITIZEN_PERSON, *end)
            peak_bytes = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak_bytes < MAX_DOCUMENT_BYTES / 2
