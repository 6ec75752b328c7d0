"""Acceptance of a text by the citizen, with a one-time code. Pure: no clock, no SQL.

The case in mind is consent that a civil servant records for a citizen (Ley 39/2015, art. 12.2) and the use of a
shared code as a signature (art. 9.2 c). Which text may be accepted so is the office's decision.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ...core.errors import NotAllowed, NotFound, Refused
from .room import Participant, ParticipantRole, Room

# a slow mail server needs some; the call is still going on
CODE_VALID_FOR = timedelta(minutes=10)
MAX_WRONG_CODES = 5  # of a code: 5 in 1,000,000
MAX_CODES = 3  # sent in 15 minutes; each may cost an SMS
RECEIPT_SENT_FOR = timedelta(days=7)  # a mail server may be away for days
MAX_OPEN_OFFERS = 5  # more at once is no call any more


class AcceptanceState(StrEnum):
    """State of an offered text. All but `offered` are final."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A text that an agent offered, and the citizen's answer.

    `title` and `body` are those of the moment of the offer, in one language; `text_hash` is theirs. `sent_to`: the
    masked contact that got the code.
    """

    id: str
    appointment_id: str
    text_key: str
    language: str
    title: str
    body: str
    text_hash: str
    locator: str
    citizen_name: str
    agent_id: str
    agent_name: str
    state: AcceptanceState
    offered_at: datetime
    answered_at: datetime | None = None
    channel: str | None = None
    sent_to: str | None = None
    code_number: int = 0
    code_sent_at: datetime | None = None
    wrong_codes: int = 0


def hash_text(title: str, body: str) -> str:
    """Return the SHA-256 of a text in hexadecimal.

    It is that of the title, an empty line and the body, in UTF-8.
    """
    return hashlib.sha256(f"{title}\n\n{body}".encode()).hexdigest()


def require_offering_agent(room: Room | None, participant_id: str | None) -> Participant:
    """Return the member of staff who may offer a text to the citizen in the call.

    Raises NotAllowed("staff_only"), Refused("room_over" | "not_admitted" | "citizen_not_in_call").
    """
    agent = require_agent_in_call(room, participant_id)
    if room is None or not any(
        person.role is ParticipantRole.CITIZEN for person in room.connectable_participants()
    ):
        raise Refused("citizen_not_in_call")
    return agent


def require_agent_in_call(room: Room | None, participant_id: str | None) -> Participant:
    """Return the member of staff in the call.

    Raises NotAllowed("staff_only"), Refused("room_over" | "not_admitted").
    """
    agent = _require_in_call(room, participant_id)
    if not agent.is_staff:
        raise NotAllowed("staff_only")
    return agent


def require_answering_citizen(room: Room | None, participant_id: str | None) -> Participant:
    """Return the citizen in the call, who alone can answer.

    Raises NotAllowed("citizen_only"), Refused("room_over" | "not_admitted").
    """
    citizen = _require_in_call(room, participant_id)
    if citizen.role is not ParticipantRole.CITIZEN:
        raise NotAllowed("citizen_only")
    return citizen


def _require_in_call(room: Room | None, participant_id: str | None) -> Participant:
    people = room.participants if room is not None else ()
    participant = next((person for person in people if person.id == participant_id), None)
    if room is not None and room.end is not None:
        raise Refused("room_over")
    if participant is None or not participant.is_in_call:
        raise Refused("not_admitted")
    return participant


def require_open_offer(acceptance: Acceptance | None) -> Acceptance:
    """Return an offer without an answer. Raises NotFound, Refused("already_answered")."""
    if acceptance is None:
        raise NotFound
    if acceptance.state is not AcceptanceState.OFFERED:
        raise Refused("already_answered")
    return acceptance


def check_new_offer(open_offers: int) -> None:
    """Raise Refused("too_many_offers") if the citizen has the most texts to read."""
    if open_offers >= MAX_OPEN_OFFERS:
        raise Refused("too_many_offers", max=MAX_OPEN_OFFERS)


def require_usable_code(acceptance: Acceptance, now: datetime) -> None:
    """Check that the code last sent can still be typed.

    Raises Refused("no_code_sent" | "code_expired" | "code_spent").
    """
    if acceptance.code_sent_at is None:
        raise Refused("no_code_sent")
    if now >= acceptance.code_sent_at + CODE_VALID_FOR:
        raise Refused("code_expired")
    if acceptance.wrong_codes >= MAX_WRONG_CODES:
        raise Refused("code_spent")


def code_subject(acceptance_id: str, number: int) -> str:
    """Return what a code is derived from: each code that is sent differs."""
    return f"{acceptance_id}.{number}"
