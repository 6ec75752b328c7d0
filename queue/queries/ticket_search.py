"""Finds the tickets of today by what a person at the entrance says or shows."""

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
from . import office_state
from .office_state import CallSchedule, OfficeState
from .staff_board import staff_board_ticket

MAX_SEARCH_RESULTS = 200  # contract.md; whoever finds more types more
_CODE_PATTERN = re.compile(r"([a-z])[\s-]*0*(\d+)", re.IGNORECASE)
_LINK_PATTERN = re.compile(r"/t/([\w-]+)|[?&]appointment=([\w-]+)|/a/([\w-]+)")


def token_in_link(text: str) -> str | None:
    """The secret in the address that a QR code of ours holds."""
    found = _LINK_PATTERN.search(text)
    return next((one for one in found.groups() if one), None) if found else None


async def find_tickets(session: AsyncSession, office: Office, text: str, now: datetime) -> list[dict[str, Any]]:
    """As the board shows them, with their contacts: by code, name, e-mail, phone, or the link of a QR code."""
    day = hours.to_local_day(office.hours, now)
    records = await ticket_rows.ticket_records_on_day(session, office.id, day)
    token = token_in_link(text)
    if token is not None:
        found = [one for one in records if one.token_hash == hash_token(token)]
    else:
        found = [one for one in records if _is_match(text, one)]
    around = await office_state.load_office_state(session, office, now)
    outlooks = {line_id: around.call_schedule(line_id) for line_id in {one.ticket.line_id for one in found}}
    return [_search_result(one, around, outlooks) for one in found[:MAX_SEARCH_RESULTS]]


def _is_match(text: str, record: TicketRecord) -> bool:
    code = _CODE_PATTERN.fullmatch(text.strip())
    if code is not None:  # `b 42` is B-042, and not the half of B-421
        letter, number = record.ticket.code.split("-")
        return letter == code[1].upper() and int(number) == int(code[2])
    return is_search_match(text, (record.ticket.code, record.name, record.email, record.phone))


def _search_result(
    record: TicketRecord, state: OfficeState, outlooks: Mapping[str, CallSchedule]
) -> dict[str, Any]:
    contacts = {"email": record.email, "phone": record.phone}
    return {**staff_board_ticket(record, state, outlooks), **contacts}
