"""Use cases of documents in a room: send in parts, resume, delete.

A part is committed when it is answered, so a cut loses one part at most. The whole is checked after the last part.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import Appointment
from ...core.errors import NotAllowed, NotFound, Refused, Unavailable
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.virus_scanner import VirusScanner
from ..domain.document_types import (
    DocumentExcerpt,
    DocumentType,
    clean_document_name,
    may_become_document,
    sniff_document_type,
)
from ..domain.room import Participant
from ..domain.room_documents import (
    RoomDocument,
    check_new_document,
    check_part,
    claim_check,
    require_document_reader,
    require_document_sender,
)
from ..queries.received_documents import stream_content
from ..storage import document_rows, room_rows
from .room_transaction import publish_room_notice

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AnnouncedDocument:
    """A file that a participant is about to send. `sha256`: of its content, in hexadecimal."""

    name: str
    size: int
    sha256: str


async def begin_upload(
    runtime: Runtime, appointment: Appointment, person: str, announced: AnnouncedDocument
) -> tuple[RoomDocument, bool]:
    """Begin to send a document, or go on with the same content. Return whether it is new, too.

    Raises Refused("not_admitted" | "room_over" | "too_many_documents").
    """
    async with runtime.transaction() as tx:
        # Locked, because two uploads that begin at once must not exceed the limit of the room.
        await room_rows.lock_room(tx.session, appointment.id)
        sender = await _require_sender(tx.session, appointment, person)
        await document_rows.delete_abandoned_uploads(tx.session, appointment.id, tx.now)
        known = await document_rows.find_upload(tx.session, appointment.id, sender.id, announced.sha256)
        if known is not None:
            return known, False
        check_new_document(await document_rows.count_documents(tx.session, appointment.id))
        document_id = new_id()
        await document_rows.add_document(
            tx.session,
            document_id,
            appointment.id,
            sender.id,
            name=clean_document_name(announced.name),
            size=announced.size,
            sha256=announced.sha256,
            begun_at=tx.now,
        )
        return await _own_upload(tx.session, appointment, sender, document_id), True


async def append_part(
    runtime: Runtime,
    appointment: Appointment,
    person: str,
    document_id: str,
    offset: int,
    content: bytes,
    scanner: VirusScanner | None = None,
) -> RoomDocument:
    """Store a part. After the last the document is checked, and the others are told of it.

    A document that is refused is deleted. Raises NotFound, Refused("not_admitted" | "room_over" | "wrong_offset" |
    "wrong_part" | "document_type" | "document_damaged" | "document_infected"); Unavailable if the scanner does not
    answer, or with "document_being_checked": an empty part at the end repeats the check or its answer.
    """
    claimed_until: datetime | None = None
    async with runtime.transaction() as tx:
        sender = await _require_sender(tx.session, appointment, person)
        document = await _own_upload(tx.session, appointment, sender, document_id, lock=True)
        if document.is_repeated_end(offset, len(content)):
            return document
        check_part(document, offset, len(content))
        is_refused = offset == 0 and not may_become_document(content)
        if is_refused:
            await document_rows.delete_document(tx.session, document_id)
        elif content:
            await document_rows.add_part(tx.session, document_id, offset, content, tx.now)
        if not is_refused and offset + len(content) == document.size:
            # written with the part: a process that dies here leaves a claim that expires, and no check
            # without a claim
            claimed_until = claim_check(document, tx.now)
            await document_rows.update_document(tx.session, document_id, check_claimed_until=claimed_until)
    if is_refused:
        raise Refused("document_type")
    if claimed_until is None:
        return await _read_upload(runtime, appointment, sender, document_id)
    try:
        type, refusal = await _check_content(runtime, document, scanner)
    except Unavailable:
        async with runtime.transaction() as tx:
            await document_rows.release_check(tx.session, document_id, claimed_until)
        raise
    return await _complete(runtime, appointment, sender, document, type, refusal)


async def _check_content(
    runtime: Runtime, document: RoomDocument, scanner: VirusScanner | None
) -> tuple[DocumentType | None, str]:
    """Return the type of a whole document, or None and the code of its refusal.

    The content is read twice, part by part: a damaged document is never shown to the scanner.
    Raises Unavailable as the scanner does.
    """
    digest, excerpt = hashlib.sha256(), DocumentExcerpt()
    async with aclosing(stream_content(runtime, document.id)) as parts:
        async for part in parts:
            await asyncio.to_thread(digest.update, part)
            excerpt.add(part)
    if excerpt.size != document.size or digest.hexdigest() != document.sha256:
        return None, "document_damaged"
    type = await asyncio.to_thread(sniff_document_type, excerpt.content)
    if type is None or scanner is None:
        return type, "document_type"
    async with aclosing(stream_content(runtime, document.id)) as parts:
        virus = await scanner.find_virus(parts)
    if virus is None:
        return type, ""
    logger.warning("infected_document", extra={"appointment": document.appointment_id, "virus": virus})
    return None, "document_infected"


async def _complete(
    runtime: Runtime,
    appointment: Appointment,
    sender: Participant,
    document: RoomDocument,
    type: DocumentType | None,
    refusal: str,
) -> RoomDocument:
    """Give a checked document to the others, or delete a refused document.

    Raises NotFound, Refused(refusal).
    """
    async with runtime.transaction() as tx:
        present = await _own_upload(tx.session, appointment, sender, document.id, lock=True)
        if type is None:
            await document_rows.delete_document(tx.session, document.id)
        elif present.completed_at is None:
            name = clean_document_name(document.name, type)
            await document_rows.update_document(
                tx.session,
                document.id,
                name=name,
                media_type=type.media_type,
                completed_at=tx.now,
                check_claimed_until=None,
            )
            _note(tx, appointment, sender, "document_sent", document)
            notice = {"type": "document", "id": document.id, "name": name, "size": document.size}
            publish_room_notice(tx, appointment.office_slug, appointment.id, sender.id, notice)
    if type is None:
        raise Refused(refusal)
    return await _read_upload(runtime, appointment, sender, document.id)


async def remove_document(runtime: Runtime, appointment: Appointment, person: str, document_id: str) -> None:
    """Delete a document, also while it is being sent. Only its sender may.

    Raises NotFound, Refused("not_admitted") on hold, NotAllowed("not_of_this_room" | "not_your_document").
    """
    async with runtime.transaction() as tx:
        room = await room_rows.load_room(tx.session, appointment.id)
        participant_id = await room_rows.participant_id_of_person(tx.session, appointment.id, person)
        reader = require_document_reader(room, participant_id)
        document = await document_rows.find_document(tx.session, appointment.id, document_id, lock=True)
        if document is None:
            raise NotFound
        if document.sender_id != reader.id:
            # until it has arrived, only its sender may know of a document
            raise NotFound if document.completed_at is None else NotAllowed("not_your_document")
        await document_rows.delete_document(tx.session, document_id)
        if document.completed_at is not None:
            _note(tx, appointment, reader, "document_removed", document)
            notice = {"type": "document_removed", "id": document_id}
            publish_room_notice(tx, appointment.office_slug, appointment.id, reader.id, notice)


def _note(
    tx: Transaction, appointment: Appointment, sender: Participant, kind: str, document: RoomDocument
) -> None:
    """Write an audit event without the name of the file, which may name a person."""
    details = {"size_kb": max(1, round(document.size / 1024))}
    room_rows.add_audit_event(tx.session, appointment.id, sender.id, kind, tx.now, details)


async def _require_sender(session: AsyncSession, appointment: Appointment, person: str) -> Participant:
    room = await room_rows.load_room(session, appointment.id)
    participant_id = await room_rows.participant_id_of_person(session, appointment.id, person)
    return require_document_sender(room, participant_id)


async def _own_upload(
    session: AsyncSession, appointment: Appointment, sender: Participant, document_id: str, *, lock: bool = False
) -> RoomDocument:
    """Return a document that this participant sends. Raises NotFound."""
    document = await document_rows.find_document(session, appointment.id, document_id, lock=lock)
    if document is None or document.sender_id != sender.id:
        raise NotFound
    return document


async def _read_upload(
    runtime: Runtime, appointment: Appointment, sender: Participant, document_id: str
) -> RoomDocument:
    async with runtime.read_session() as session:
        return await _own_upload(session, appointment, sender, document_id)
