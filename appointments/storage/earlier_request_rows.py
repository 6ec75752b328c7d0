"""SQL of requests for an earlier slot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.batch_delete import delete_batch
from ...core.db.engine import dialect_insert
from ...offices.service import ServiceMode
from ..domain.appointment import Appointment, AppointmentState
from ..domain.offer import DayPart, EarlierSlotRequest
from .appointment_rows import appointment_from_row
from .offer_rows import select_takers_already_offered
from .tables import AppointmentRow, EarlierSlotRequestRow


async def save_earlier_request(
    session: AsyncSession, appointment_id: str, request: EarlierSlotRequest, now: datetime
) -> None:
    """Insert or change the request of an appointment.

    A changed request keeps its position in the list.
    """
    changed = {"not_before": request.not_before, "part": request.part}
    insert = dialect_insert(session, EarlierSlotRequestRow).values(
        appointment_id=appointment_id, asked_at=now, **changed
    )
    await session.execute(insert.on_conflict_do_update(index_elements=["appointment_id"], set_=changed))


async def delete_earlier_request(session: AsyncSession, appointment_id: str) -> None:
    await session.execute(
        delete(EarlierSlotRequestRow).where(EarlierSlotRequestRow.appointment_id == appointment_id)
    )


async def transfer_earlier_request(session: AsyncSession, old_id: str, new_id: str) -> None:
    """Move a request, with its position in the list, to the appointment that replaces its own."""
    await session.execute(
        update(EarlierSlotRequestRow)
        .where(EarlierSlotRequestRow.appointment_id == old_id)
        .values(appointment_id=new_id)
    )


async def delete_past_earlier_requests(session: AsyncSession, before: datetime) -> int:
    """Delete a batch of requests whose appointments ended before this instant.

    Return how many.
    """
    over = exists().where(
        AppointmentRow.id == EarlierSlotRequestRow.appointment_id, AppointmentRow.ends_at < before
    )
    return len(
        await delete_batch(session, EarlierSlotRequestRow.appointment_id, over, EarlierSlotRequestRow.asked_at)
    )


async def find_earlier_request(session: AsyncSession, appointment_id: str) -> EarlierSlotRequest | None:
    row = await session.get(EarlierSlotRequestRow, appointment_id, populate_existing=True)
    return None if row is None else _request_from_row(row)


async def earlier_requests_for_slot(
    session: AsyncSession, service_ids: Sequence[str], mode: ServiceMode, after: datetime, hold_id: str
) -> list[tuple[Appointment, str, EarlierSlotRequest]]:
    """Return the requests that a freed slot could serve, in order, each with its mailbox.

    These are the requests of appointments that begin with any of these services, start after `after`, and
    were not offered the slot of this hold yet.
    """
    statement = (
        select(AppointmentRow, EarlierSlotRequestRow)
        .join(EarlierSlotRequestRow, EarlierSlotRequestRow.appointment_id == AppointmentRow.id)
        .where(
            AppointmentRow.service_id.in_(service_ids),
            AppointmentRow.mode == mode,
            AppointmentRow.state == AppointmentState.CONFIRMED,
            AppointmentRow.starts_at > after,
            AppointmentRow.id.not_in(select_takers_already_offered(hold_id)),
        )
        .order_by(EarlierSlotRequestRow.asked_at, EarlierSlotRequestRow.appointment_id)
        .execution_options(populate_existing=True)
    )
    return [
        (appointment_from_row(row), row.email_key, _request_from_row(request))
        for row, request in (await session.execute(statement)).all()
    ]


def _request_from_row(row: EarlierSlotRequestRow) -> EarlierSlotRequest:
    return EarlierSlotRequest(row.not_before, cast("DayPart", row.part))
