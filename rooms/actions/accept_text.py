"""Use cases of accepting a text in a call: offer, send a code, accept, decline, withdraw."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import Appointment, send_room_message
from ...core.contact.channel_offers import ChannelOffer, offers_for_given_number
from ...core.contact.masked_contact import mask_contact
from ...core.db.rate_limits import record_guess
from ...core.errors import NotFound, Refused
from ...core.i18n.dates import format_utc
from ...core.i18n.languages import text_in_language
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...offices.service import office_by_id
from ..domain.acceptance import (
    CODE_VALID_FOR,
    MAX_CODES,
    RECEIPT_SENT_FOR,
    Acceptance,
    AcceptanceState,
    check_new_offer,
    code_subject,
    hash_text,
    require_agent_in_call,
    require_answering_citizen,
    require_offering_agent,
    require_open_offer,
    require_usable_code,
)
from ..domain.room import Participant, Room
from ..storage import acceptance_rows, room_rows
from .room_transaction import publish_room_notice

CODE_PURPOSE = "acceptance_code"
CODE_KIND, RECEIPT_KIND = "acceptance_code", "acceptance_receipt"
CheckParticipant = Callable[[Room | None, str | None], Participant]


@dataclass(frozen=True, slots=True)
class CodeContact:
    """A contact of the citizen that can get a code; the page shows it masked."""

    channel: str
    address: str

    @property
    def masked(self) -> str:
        return mask_contact(self.address)


def code_contacts(appointment: Appointment, offers: Collection[ChannelOffer]) -> list[CodeContact]:
    """Return the contacts of the citizen that can get a code, the cheapest first."""
    contacts = []
    if appointment.email is not None:
        contacts.append(CodeContact("email", appointment.email))
    phone = appointment.phone
    return contacts + [CodeContact(each.channel, phone or "") for each in offers_for_given_number(offers, phone)]


async def offer_text(
    runtime: Runtime, appointment: Appointment, person: str, text_key: str, offers: Collection[ChannelOffer]
) -> Acceptance:
    """Offer a text of the office to the citizen. An open offer of the same text is returned.

    Raises NotFound, NotAllowed("staff_only"), Refused("room_over" | "not_admitted" | "citizen_not_in_call" |
    "too_many_offers" | "no_contact_for_code").
    """
    async with runtime.transaction() as tx:
        await room_rows.lock_room(tx.session, appointment.id)
        agent = await _require(tx.session, appointment, person, require_offering_agent)
        office = await office_by_id(tx.session, appointment.office_id)
        text = office.texts.get(text_key)
        if text is None:
            raise NotFound
        present = await acceptance_rows.room_acceptances(tx.session, appointment.id)
        still_open = [each for each in present if each.state is AcceptanceState.OFFERED]
        for each in still_open:
            if each.text_key == text_key:
                return each
        check_new_offer(len(still_open))
        if not code_contacts(appointment, offers):
            raise Refused("no_contact_for_code")
        language = appointment.language
        title, body = text_in_language(text["title"], language), text_in_language(text["body"], language)
        acceptance = Acceptance(
            id=new_id(),
            appointment_id=appointment.id,
            text_key=text_key,
            language=language,
            title=title,
            body=body,
            text_hash=hash_text(title, body),
            locator=appointment.locator,
            citizen_name=appointment.name,
            agent_id=person,
            agent_name=agent.name,
            state=AcceptanceState.OFFERED,
            offered_at=tx.now,
        )
        acceptance_rows.add_acceptance(tx.session, acceptance)
        _note(tx, appointment, agent, "text_offered", acceptance, AcceptanceState.OFFERED)
        return acceptance


async def withdraw_offer(
    runtime: Runtime, appointment: Appointment, person: str, acceptance_id: str
) -> Acceptance:
    """Withdraw an offer without an answer.

    Raises NotFound, NotAllowed("staff_only"), Refused("room_over" | "not_admitted" | "already_answered").
    """
    return await _answer(
        runtime,
        appointment,
        person,
        acceptance_id,
        require_agent_in_call,
        "text_withdrawn",
        AcceptanceState.WITHDRAWN,
    )


async def decline_text(runtime: Runtime, appointment: Appointment, person: str, acceptance_id: str) -> Acceptance:
    """Note that the citizen does not accept.

    Raises NotFound, NotAllowed("citizen_only"), Refused("room_over" | "not_admitted" | "already_answered").
    """
    return await _answer(
        runtime,
        appointment,
        person,
        acceptance_id,
        require_answering_citizen,
        "text_declined",
        AcceptanceState.DECLINED,
    )


async def _answer(
    runtime: Runtime,
    appointment: Appointment,
    person: str,
    acceptance_id: str,
    check: CheckParticipant,
    event_kind: str,
    state: AcceptanceState,
) -> Acceptance:
    async with runtime.transaction() as tx:
        participant, acceptance = await _lock_offer(tx.session, appointment, person, acceptance_id, check)
        await acceptance_rows.update_acceptance(tx.session, acceptance_id, state=state, answered_at=tx.now)
        _note(tx, appointment, participant, event_kind, acceptance, state)
    return await _read(runtime, appointment, acceptance_id)


async def send_code(
    runtime: Runtime,
    appointment: Appointment,
    person: str,
    acceptance_id: str,
    channel: str,
    offers: Collection[ChannelOffer],
) -> Acceptance:
    """Send the citizen a new code, which replaces the earlier code.

    Raises NotFound, NotAllowed("citizen_only"), Refused("room_over" | "not_admitted" | "already_answered" |
    "no_contact_for_code"), RateLimited.
    """
    contact = next(
        (code_contact for code_contact in code_contacts(appointment, offers) if code_contact.channel == channel),
        None,
    )
    if contact is None:
        raise Refused("no_contact_for_code")
    async with runtime.read_session() as session:
        await _require(session, appointment, person, require_answering_citizen)
        require_open_offer(await acceptance_rows.find_acceptance(session, appointment.id, acceptance_id))
    # counted in a transaction of its own, which a refusal below does not roll back
    await record_guess(runtime, f"acceptance:{acceptance_id}", guesses=MAX_CODES)
    async with runtime.transaction() as tx:
        citizen, acceptance = await _lock_offer(
            tx.session, appointment, person, acceptance_id, require_answering_citizen
        )
        number = acceptance.code_number + 1
        await acceptance_rows.update_acceptance(
            tx.session,
            acceptance_id,
            channel=channel,
            sent_to=contact.masked,
            code_number=number,
            code_sent_at=tx.now,
            wrong_codes=0,
        )
        office = await office_by_id(tx.session, appointment.office_id)
        until = tx.now + CODE_VALID_FOR
        # The code itself is in no table: the worker that sends it derives it.
        fields = {
            "code_purpose": CODE_PURPOSE,
            "code_subject": code_subject(acceptance_id, number),
            "title": acceptance.title,
            "until": format_utc(until),
        }
        stamp = f":{acceptance_id}.{number}"
        send_room_message(tx, CODE_KIND, office, appointment, channel, contact.address, fields, stamp=stamp)
        _note(tx, appointment, citizen, "code_sent", acceptance, AcceptanceState.OFFERED, channel=channel)
    return await _read(runtime, appointment, acceptance_id)


async def accept_text(
    runtime: Runtime, appointment: Appointment, person: str, acceptance_id: str, typed_code: str
) -> Acceptance:
    """Accept a text with the code last sent, and send the citizen a copy.

    Raises NotFound, NotAllowed("citizen_only"), Refused("room_over" | "not_admitted" | "already_answered" |
    "no_code_sent" | "code_expired" | "code_spent" | "wrong_acceptance_code").
    """
    async with runtime.transaction() as tx:
        citizen, acceptance = await _lock_offer(
            tx.session, appointment, person, acceptance_id, require_answering_citizen
        )
        require_usable_code(acceptance, tx.now)
        subject = code_subject(acceptance_id, acceptance.code_number)
        # `codes` has the code of each secret, so a rotation of the secret between the two steps does no harm
        is_right = any(
            hmac.compare_digest(code, typed_code) for code in runtime.tokens.codes(CODE_PURPOSE, subject)
        )
        if is_right:
            await acceptance_rows.update_acceptance(
                tx.session, acceptance_id, state=AcceptanceState.ACCEPTED, answered_at=tx.now
            )
            await _send_receipt(tx, appointment, acceptance)
            _note(tx, appointment, citizen, "text_accepted", acceptance, AcceptanceState.ACCEPTED)
        else:  # committed before it is refused, so that every guess counts
            wrong_codes = acceptance.wrong_codes + 1
            await acceptance_rows.update_acceptance(tx.session, acceptance_id, wrong_codes=wrong_codes)
    if not is_right:
        raise Refused("wrong_acceptance_code")
    return await _read(runtime, appointment, acceptance_id)


async def _send_receipt(tx: Transaction, appointment: Appointment, acceptance: Acceptance) -> None:
    """Send the citizen a copy with hash, time and parties. Without e-mail, the page has it."""
    email = appointment.email
    if email is None:
        return
    office = await office_by_id(tx.session, appointment.office_id)
    fields = {
        "title": acceptance.title,
        "body": acceptance.body,
        "text_hash": acceptance.text_hash,
        "agent": acceptance.agent_name,
        "sent_to": acceptance.sent_to,
        "accepted_at": format_utc(tx.now),
        "until": format_utc(tx.now + RECEIPT_SENT_FOR),
    }
    send_room_message(tx, RECEIPT_KIND, office, appointment, "email", email, fields, stamp=f":{acceptance.id}")


def _note(
    tx: Transaction,
    appointment: Appointment,
    participant: Participant,
    kind: str,
    acceptance: Acceptance,
    state: AcceptanceState,
    **more: str,
) -> None:
    """Write the audit event, and tell the other side that the text has a new state."""
    details = {"text": acceptance.title, "sha256": acceptance.text_hash, **more}
    room_rows.add_audit_event(tx.session, appointment.id, participant.id, kind, tx.now, details)
    notice = {"type": "acceptance", "id": acceptance.id, "title": acceptance.title, "state": str(state)}
    publish_room_notice(tx, appointment.office_slug, appointment.id, participant.id, notice)


async def _require(
    session: AsyncSession, appointment: Appointment, person: str, check: CheckParticipant
) -> Participant:
    room = await room_rows.load_room(session, appointment.id)
    return check(room, await room_rows.participant_id_of_person(session, appointment.id, person))


async def _lock_offer(
    session: AsyncSession, appointment: Appointment, person: str, acceptance_id: str, check: CheckParticipant
) -> tuple[Participant, Acceptance]:
    """Return the participant that `check` allows, and the locked offer without an answer."""
    participant = await _require(session, appointment, person, check)
    found = await acceptance_rows.find_acceptance(session, appointment.id, acceptance_id, lock=True)
    return participant, require_open_offer(found)


async def _read(runtime: Runtime, appointment: Appointment, acceptance_id: str) -> Acceptance:
    async with runtime.read_session() as session:
        found = await acceptance_rows.find_acceptance(session, appointment.id, acceptance_id)
    if found is None:
        raise NotFound
    return found
