"""Hellos of phones: whose ticket a token is. Those of one moment are looked up together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ...appointments.service import appointment_by_token
from ...core.batching import BatchLoader
from ...core.errors import NotFound
from ...core.runtime import Runtime
from ...core.tokens import hash_token
from ...offices.service import Office, office_by_id
from ...signaling import close_codes
from ...signaling.close_codes import SocketClosed
from ..domain.ticket import Ticket
from ..storage import ticket_rows


@dataclass(frozen=True, slots=True)
class TicketWithOffice:
    """A ticket and its office, as they were when the token was looked up."""

    ticket: Ticket
    office: Office


class TicketLookup:
    """The way in of the phones of one process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._batches = BatchLoader(self._find_batch)

    async def find(self, token: str) -> TicketWithOffice:
        """Raises Closed: 4104 for a token that nobody knows, 4101 for that of an appointment."""
        found = await self._batches.load(hash_token(token))
        if found is not None:
            return found
        async with self._runtime.read_session() as session:
            try:
                await appointment_by_token(session, token)
            except NotFound:
                raise SocketClosed(close_codes.NOT_FOUND, "no such ticket") from None
        raise SocketClosed(close_codes.NOT_ALLOWED, "the token of an appointment, not of a ticket")

    async def _find_batch(self, token_hashes: Collection[str]) -> Mapping[str, TicketWithOffice]:
        async with self._runtime.read_session() as session:
            found = await ticket_rows.tickets_by_token_hashes(session, token_hashes)
            ids = {office_id for _, office_id in found.values()}
            offices = {office_id: await office_by_id(session, office_id) for office_id in ids}
        return {key: TicketWithOffice(ticket, offices[office_id]) for key, (ticket, office_id) in found.items()}
