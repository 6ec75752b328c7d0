"""Acceptance of a text with a one-time code: offer, code, attempts, evidence, receipt."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.core.db.outbox import OutboxRow
from office360.core.errors import NotAllowed, NotFound, RateLimited, Refused
from office360.core.runtime import Runtime
from office360.rooms.actions import staff_actions
from office360.rooms.actions.accept_text import (
    CODE_PURPOSE,
    accept_text,
    decline_text,
    offer_text,
    send_code,
    withdraw_offer,
)
from office360.rooms.domain.acceptance import CODE_VALID_FOR, MAX_CODES, MAX_WRONG_CODES, Acceptance, hash_text
from office360.rooms.queries.room_access import CITIZEN_PERSON, person_key
from office360.rooms.storage.acceptance_rows import room_acceptances
from office360.server.jobs.nightly_cleanup import DataRetention, delete_expired_data
from sqlalchemy import select

from ...conftest import FakeClock
from ...notifications.support.channels import SMS_OFFERS
from ..support.accepted_texts import store_texts
from ..support.video_appointments import (
    AT,
    BORIS,
    BookedVideoAppointment,
    audit_kinds,
    book_video_appointment,
    enter_admitted_pair,
)

AGENT = person_key(BORIS)
TEXT = {"title": {"es": "Consulta de mis datos"}, "body": {"es": "Autorizo la consulta.\n\nUna vez."}}


@pytest.fixture
async def offered(runtime: Runtime, booked: BookedVideoAppointment) -> Acceptance:
    """A text that Boris offered to Amina in the call."""
    await store_texts(runtime, booked, {"query": TEXT})
    await enter_admitted_pair(runtime, booked)
    return await offer_text(runtime, booked.appointment, AGENT, "query", frozenset())


async def get_code(runtime: Runtime, booked: BookedVideoAppointment, offered: Acceptance) -> str:
    """Ask for a code, and return the code that the worker would send."""
    await send_code(runtime, booked.appointment, CITIZEN_PERSON, offered.id, "email", frozenset())
    payload = (await messages(runtime, "acceptance_code"))[-1].payload
    return runtime.tokens.derive_code(CODE_PURPOSE, payload["code_subject"])


async def messages(runtime: Runtime, kind: str) -> list[OutboxRow]:
    async with runtime.read_session() as session:
        return list(await session.scalars(select(OutboxRow).where(OutboxRow.kind == kind).order_by(OutboxRow.id)))


async def accept(runtime: Runtime, booked: BookedVideoAppointment, offered: Acceptance, code: str) -> Acceptance:
    return await accept_text(runtime, booked.appointment, CITIZEN_PERSON, offered.id, code)


async def test_accepted_text_keeps_evidence_and_is_mailed(
    runtime: Runtime, booked: BookedVideoAppointment, offered: Acceptance, clock: FakeClock
) -> None:
    code = await get_code(runtime, booked, offered)
    await store_texts(runtime, booked, {})  # a later change of the office changes nothing for the citizen
    clock.advance(minutes=2)
    accepted = await accept(runtime, booked, offered, code)
    assert (accepted.state, accepted.answered_at) == ("accepted", clock.now())
    assert accepted.text_hash == hash_text("Consulta de mis datos", "Autorizo la consulta.\n\nUna vez.")
    assert (accepted.citizen_name, accepted.agent_name, accepted.agent_id) == ("Amina", "Boris", AGENT)
    assert accepted.sent_to == "a•••@example.org"
    (receipt,) = await messages(runtime, "acceptance_receipt")
    assert receipt.recipient == "amina@example.org"
    assert (receipt.payload["text_hash"], receipt.payload["agent"]) == (accepted.text_hash, "Boris")
    kinds = [kind for kind in await audit_kinds(runtime, booked) if "text" in kind or "code" in kind]
    assert kinds == ["text_offered", "code_sent", "text_accepted"]
    with pytest.raises(Refused, match="already_answered"):
        await decline_text(runtime, booked.appointment, CITIZEN_PERSON, offered.id)


async def test_code_is_in_no_table(runtime: Runtime, booked: BookedVideoAppointment, offered: Acceptance) -> None:
    code = await get_code(runtime, booked, offered)
    assert len(code) == 6
    assert code.isdecimal()
    rows = [str(row.payload) for row in await messages(runtime, "acceptance_code")]
    async with runtime.read_session() as session:
        rows += map(str, await room_acceptances(session, booked.appointment.id))
    assert not any(code in row for row in rows)


async def test_wrong_codes_are_limited_and_counted(
    runtime: Runtime, booked: BookedVideoAppointment, offered: Acceptance
) -> None:
    right = await get_code(runtime, booked, offered)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    for _ in range(MAX_WRONG_CODES):
        with pytest.raises(Refused, match="wrong_acceptance_code"):
            await accept(runtime, booked, offered, wrong)
    with pytest.raises(Refused, match="code_spent"):
        await accept(runtime, booked, offered, right)
    assert (await accept(runtime, booked, offered, await get_code(runtime, booked, offered))).state == "accepted"


async def test_code_expires_and_new_one_replaces_it(
    runtime: Runtime, booked: BookedVideoAppointment, offered: Acceptance, clock: FakeClock
) -> None:
    with pytest.raises(Refused, match="no_code_sent"):
        await accept(runtime, booked, offered, "000000")
    first = await get_code(runtime, booked, offered)
    clock.advance(seconds=CODE_VALID_FOR.total_seconds())
    with pytest.raises(Refused, match="code_expired"):
        await accept(runtime, booked, offered, first)
    second = await get_code(runtime, booked, offered)
    with pytest.raises(Refused, match="wrong_acceptance_code"):
        await accept(runtime, booked, offered, first)
    assert (await accept(runtime, booked, offered, second)).state == "accepted"


async def test_codes_sent_are_limited(
    runtime: Runtime, booked: BookedVideoAppointment, offered: Acceptance
) -> None:
    for _ in range(MAX_CODES):
        await get_code(runtime, booked, offered)
    with pytest.raises(RateLimited):
        await get_code(runtime, booked, offered)


async def test_each_side_does_its_own_part_only(
    runtime: Runtime, booked: BookedVideoAppointment, offered: Acceptance
) -> None:
    appointment = booked.appointment
    with pytest.raises(NotAllowed, match="staff_only"):
        await offer_text(runtime, appointment, CITIZEN_PERSON, "query", frozenset())
    with pytest.raises(NotAllowed, match="staff_only"):
        await withdraw_offer(runtime, appointment, CITIZEN_PERSON, offered.id)
    code = await get_code(runtime, booked, offered)
    with pytest.raises(NotAllowed, match="citizen_only"):  # an agent cannot accept for the citizen
        await accept_text(runtime, appointment, AGENT, offered.id, code)
    with pytest.raises(NotAllowed, match="citizen_only"):
        await send_code(runtime, appointment, AGENT, offered.id, "email", frozenset())
    with pytest.raises(NotFound):
        await offer_text(runtime, appointment, AGENT, "unknown", frozenset())
    assert (await offer_text(runtime, appointment, AGENT, "query", frozenset())).id == offered.id
    assert (await withdraw_offer(runtime, appointment, AGENT, offered.id)).state == "withdrawn"
    with pytest.raises(Refused, match="already_answered"):
        await accept(runtime, booked, offered, code)


async def test_nothing_is_accepted_after_the_call(
    runtime: Runtime, booked: BookedVideoAppointment, offered: Acceptance
) -> None:
    code = await get_code(runtime, booked, offered)
    _, staff = await enter_admitted_pair(runtime, booked)
    await staff_actions.end_room(runtime, staff, "resolved")
    with pytest.raises(Refused, match="room_over"):
        await accept(runtime, booked, offered, code)


async def test_code_goes_by_sms_without_email(runtime: Runtime, office: object, clock: FakeClock) -> None:
    booked = await book_video_appointment(runtime, AT, "Elena", phone="+34600000001")
    clock.set(AT)
    await store_texts(runtime, booked, {"query": TEXT})
    await enter_admitted_pair(runtime, booked)
    offered = await offer_text(runtime, booked.appointment, AGENT, "query", SMS_OFFERS)
    sent = await send_code(runtime, booked.appointment, CITIZEN_PERSON, offered.id, "sms", SMS_OFFERS)
    (message,) = await messages(runtime, "acceptance_code")
    assert (message.channel, message.recipient, sent.sent_to) == ("sms", "+34600000001", "6•• ••• •01")
    with pytest.raises(Refused, match="no_contact_for_code"):
        await send_code(runtime, booked.appointment, CITIZEN_PERSON, offered.id, "sms", ())


async def test_acceptances_keep_names_for_their_own_retention(
    runtime: Runtime, booked: BookedVideoAppointment, offered: Acceptance, clock: FakeClock
) -> None:
    await get_code(runtime, booked, offered)
    retention = DataRetention(timedelta(days=30), acceptances=timedelta(days=60))

    async def kept_after(days: int) -> Acceptance:
        clock.advance(days=days)
        await delete_expired_data(runtime, retention)
        async with runtime.read_session() as session:
            (kept,) = await room_acceptances(session, booked.appointment.id)
        return kept

    kept = await kept_after(days=59)
    assert (kept.citizen_name, kept.sent_to) == ("Amina", "a•••@example.org")
    kept = await kept_after(days=2)
    assert (kept.citizen_name, kept.sent_to, kept.text_hash) == ("", None, offered.text_hash)
