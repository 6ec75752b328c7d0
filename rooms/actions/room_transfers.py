"""Use cases of a transfer: offer a room, answer, withdraw, finish.

The rules are in domain/.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...appointments.service import (
    VisitNoteKind,
    VisitPerson,
    appointment_by_id,
    insert_visit_note,
)
from ...core.auth import Principal
from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.errors import NotAllowed, Refused
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...offices.service import office_topic
from ..domain import room_transfer as rules
from ..domain.room import ParticipantState, leave_room
from ..domain.room_transfer import RoomTransfer, TransferKind, TransferSide, TransferState
from ..events import RoomOffered
from ..queries.room_access import staff_key
from ..storage import room_rows, room_transfer_rows
from .room_transaction import RoomChange, lock_room_for_change


@dataclass(frozen=True, slots=True)
class TransferOffer:
    """Validated offer of an agent. `lobby_message` is shown to the people of a cold transfer."""

    kind: TransferKind
    receiver: TransferSide
    note: str | None
    lobby_message: str


async def offer_transfer(
    runtime: Runtime, staff: Principal, appointment_id: str, offer: TransferOffer
) -> RoomTransfer:
    """Offer the room to another member of staff.

    A newer offer takes the place of an open offer.
    Warm: the room stays as it is. Cold: all but staff return to the lobby, and the sender leaves.
    Raises NotFound, NotAllowed("staff_only"), Refused("room_over" | "room_full" | "transfer_to_self").
    """
    async with runtime.transaction() as tx:
        change, sender_participant = await _lock_own_room(tx, appointment_id, staff)
        sender = TransferSide(staff.id, staff.name)
        rules.check_offer(change.room, offer.kind, sender, offer.receiver)
        previous = await room_transfer_rows.latest_transfer(tx.session, appointment_id)
        if previous is not None and previous.is_open:
            await room_transfer_rows.save_transfer(tx.session, rules.supersede_offer(previous, tx.now))
        transfer = RoomTransfer(
            id=new_id(),
            appointment_id=appointment_id,
            office_id=change.row.office_id,
            kind=offer.kind,
            sender=sender,
            receiver=offer.receiver,
            created_at=tx.now,
            state=TransferState.OFFERED,
            state_since=tx.now,
        )
        if offer.kind is TransferKind.COLD:
            change.room = rules.move_to_lobby(change.room, sender_participant, offer.lobby_message, tx.now)
            change.add_audit_event(sender_participant, "left")
        elif await _is_inside(change, offer.receiver.id):
            transfer = rules.note_arrival(transfer, tx.now)
        await room_transfer_rows.insert_transfer(tx.session, transfer)
        await tx.emit(RoomOffered(transfer))
        await _write_note(change, staff, offer.note)
        await _record(change, staff, transfer, "transfer_offered")
        return transfer


async def answer_transfer(
    runtime: Runtime, staff: Principal, appointment_id: str, *, accepted: bool
) -> RoomTransfer:
    """Accept or decline the offer as its receiver. Idempotent.

    Raises NotFound, NotAllowed("not_your_transfer"), Refused("transfer_over").
    """
    async with runtime.transaction() as tx:
        change, transfer = await _lock_transfer(tx, appointment_id)
        answered = rules.answer_offer(transfer, staff.id, accepted, tx.now)
        if answered != transfer:
            await room_transfer_rows.save_transfer(tx.session, answered)
            await _record(change, staff, answered, f"transfer_{answered.state}")
        return answered


async def withdraw_transfer(runtime: Runtime, staff: Principal, appointment_id: str) -> RoomTransfer:
    """Take the offer back as its sender. The people of a cold transfer stay in the lobby.

    Raises NotFound, NotAllowed("not_your_transfer"), Refused("transfer_over").
    """
    async with runtime.transaction() as tx:
        change, transfer = await _lock_transfer(tx, appointment_id)
        withdrawn = rules.withdraw_offer(transfer, staff.id, tx.now)
        await room_transfer_rows.save_transfer(tx.session, withdrawn)
        await _record(change, staff, withdrawn, "transfer_withdrawn")
        return withdrawn


async def finish_transfer(
    runtime: Runtime, staff: Principal, appointment_id: str, *, outcome: str | None, note: str | None
) -> RoomTransfer:
    """Leave the room to the receiver of a warm transfer, who is inside. The call goes on.

    `outcome` and `note` are for colleagues. Raises NotFound, NotAllowed("not_your_transfer"),
    Refused("transfer_over" | "successor_missing").
    """
    async with runtime.transaction() as tx:
        change, transfer = await _lock_transfer(tx, appointment_id)
        is_inside = await _is_inside(change, transfer.receiver.id)
        done = rules.finish_transfer(transfer, staff.id, is_receiver_inside=is_inside, now=tx.now)
        await room_transfer_rows.save_transfer(tx.session, done)
        sender = await _participant_id(change, staff.id)
        if sender is not None:
            change.room = leave_room(change.room, sender, tx.now)
            change.add_audit_event(sender, "left")
        await _write_note(change, staff, note, outcome)
        await _record(change, staff, done, "transferred")
        return done


async def note_arrival(change: RoomChange, staff_id: str) -> None:
    """Note that a member of staff has entered, who may be the receiver of the open transfer."""
    transfer = await room_transfer_rows.latest_transfer(change.tx.session, change.row.appointment_id)
    if transfer is None or transfer.receiver.id != staff_id:
        return
    arrived = rules.note_arrival(transfer, change.tx.now)
    if arrived != transfer:
        await room_transfer_rows.save_transfer(change.tx.session, arrived)


async def _lock_own_room(tx: Transaction, appointment_id: str, staff: Principal) -> tuple[RoomChange, str]:
    """Lock the room in which a member of staff is. Raises NotAllowed("staff_only") otherwise."""
    change = await lock_room_for_change(tx, appointment_id)
    participant_id = await _participant_id(change, staff.id)
    if participant_id is None:
        raise NotAllowed("staff_only")
    if change.room.get_participant(participant_id).state is not ParticipantState.ADMITTED:
        raise NotAllowed("staff_only")
    return change, participant_id


async def _lock_transfer(tx: Transaction, appointment_id: str) -> tuple[RoomChange, RoomTransfer]:
    change = await lock_room_for_change(tx, appointment_id)
    transfer = await room_transfer_rows.latest_transfer(tx.session, appointment_id)
    if transfer is None:
        raise Refused("transfer_over")
    return change, transfer


async def _participant_id(change: RoomChange, staff_id: str) -> str | None:
    person = staff_key(staff_id)
    return await room_rows.participant_id_of_person(change.tx.session, change.row.appointment_id, person)


async def _is_inside(change: RoomChange, staff_id: str) -> bool:
    return rules.is_inside(change.room, await _participant_id(change, staff_id))


async def _write_note(change: RoomChange, staff: Principal, note: str | None, outcome: str | None = None) -> None:
    author, person = AuditActor.from_principal(staff), VisitPerson(appointment_id=change.row.appointment_id)
    await insert_visit_note(
        change.tx, change.row.office_id, author, VisitNoteKind.TRANSFERRED, person, note, outcome=outcome
    )


async def _record(change: RoomChange, staff: Principal, transfer: RoomTransfer, verb: str) -> None:
    """Write the room and the audit entry, and have the consoles load their board."""
    tx = change.tx
    appointment = await appointment_by_id(tx.session, change.row.appointment_id)
    await change.save()
    tx.publish_latest(office_topic(change.row.office_slug), {})
    add_audit_entry(
        tx.session,
        tx.now,
        AuditActor.from_principal(staff),
        f"appointment.{verb}",
        ("appointment", appointment.id, appointment.locator),
        office=appointment.office_slug,
        after={"kind": transfer.kind.value, "to": transfer.receiver.name},
    )
