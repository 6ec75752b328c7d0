"""Search of today's tickets by what a citizen at the entrance says or shows. No writes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.i18n.text_search import is_search_match
from ...core.tokens import hash_token
from ...offices.service import Office, hours
from ..storage import ticket_rows
from ..storage.ticket_rows import TicketRecord
from .office_state import CallSchedule, OfficeState, load_office_state
from .staff_board import staff_board_ticket

MAX_SEARCH_RESULTS = 200  # docs/api.md#lists; with more results staff enter a longer text
_CODE_PATTERN = re.compile(r"([a-z])[\s-]*0*(\d+)", re.IGNORECASE)
_LINK_PATTERN = re.compile(r"/t/([\w-]+)|[?&]appointment=([\w-]+)|/a/([\w-]+)")


def token_in_link(text: str) -> str | None:
    """Return the token in the link of our QR codes; None if the text is no such link."""
    found = _LINK_PATTERN.search(text)
    return next((token for token in found.groups() if token), None) if found else None


async def find_tickets(session: AsyncSession, office: Office, text: str, now: datetime) -> list[dict[str, Any]]:
    """Find tickets by code, name, e-mail, phone or link.

    Each result is as on the board, with its contacts.
    """
    day = hours.to_local_day(office.hours, now)
    records = await ticket_rows.ticket_records_on_day(session, office.id, day)
    token = token_in_link(text)
    if token is not None:
        found = [record for record in records if record.token_hash == hash_token(token)]
    else:
        found = [record for record in records if _is_match(text, record)]
    state = await load_office_state(session, office, now)
    schedules = {line_id: state.call_schedule(line_id) for line_id in {record.ticket.line_id for record in found}}
    return [_search_result(record, state, schedules) for record in found[:MAX_SEARCH_RESULTS]]


def _is_match(text: str, record: TicketRecord) -> bool:
    code = _CODE_PATTERN.fullmatch(text.strip())
    if code is not None:  # `b 42` is the code B-042, not a part of B-421
        letter, number = record.ticket.code.split("-")
        return letter == code[1].upper() and int(number) == int(code[2])
    return is_search_match(text, (record.ticket.code, record.name, record.email, record.phone))


def _search_result(
    record: TicketRecord, state: OfficeState, schedules: Mapping[str, CallSchedule]
) -> dict[str, Any]:
    contacts = {"email": record.email, "phone": record.phone}
    return {**staff_board_ticket(record, state, schedules), **contacts}
