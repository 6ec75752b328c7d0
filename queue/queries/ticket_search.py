"""Finds the tickets of today by what a person at the entrance says or shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.i18n.text_search import is_found
from ...core.tokens import hash_token
from ...offices.service import Office, hours
from ..storage import store
from ..storage.store import Record
from . import office_state
from .office_state import Floor
from .ticket_json import Outlook

FOUND_AT_MOST = 200  # contract.md; whoever finds more types more
_CODE = re.compile(r"([a-z])[\s-]*0*(\d+)", re.IGNORECASE)
_LINK = re.compile(r"/t/([\w-]+)|[?&]appointment=([\w-]+)|/a/([\w-]+)")


def token_in(text: str) -> str | None:
    """The secret in the address that a QR code of ours holds."""
    found = _LINK.search(text)
    return next((one for one in found.groups() if one), None) if found else None


async def find_tickets(session: AsyncSession, office: Office, text: str, now: datetime) -> list[dict[str, Any]]:
    """As the board shows them, with their contacts: by code, name, e-mail, phone, or the link of a QR code."""
    day = hours.local_day(office.hours, now)
    records = await store.of_day(session, office.id, day)
    token = token_in(text)
    if token is not None:
        found = [one for one in records if one.token_hash == hash_token(token)]
    else:
        found = [one for one in records if _is_meant(text, one)]
    around = await office_state.floor(session, office, now)
    outlooks = {line_id: around.outlook(line_id) for line_id in {one.ticket.line_id for one in found}}
    return [_shown(one, around, outlooks) for one in found[:FOUND_AT_MOST]]


def _is_meant(text: str, record: Record) -> bool:
    code = _CODE.fullmatch(text.strip())
    if code is not None:  # `b 42` is B-042, and not the half of B-421
        letter, number = record.ticket.code.split("-")
        return letter == code[1].upper() and int(number) == int(code[2])
    return is_found(text, (record.ticket.code, record.name, record.email, record.phone))


def _shown(record: Record, around: Floor, outlooks: Mapping[str, Outlook]) -> dict[str, Any]:
    contacts = {"email": record.email, "phone": record.phone}
    return {**office_state.board_ticket(record, around, outlooks), **contacts}
