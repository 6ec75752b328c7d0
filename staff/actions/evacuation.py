"""Evacuations in the work of staff: pushes to devices, and video calls. No rules."""

from __future__ import annotations

from ...core.runtime import Transaction
from ...queue.service import EvacuationCommitted, EvacuationEnded, OfficeEvacuated
from ...rooms.service import begin_evacuation_of_calls, end_evacuation_of_calls
from ..notify.staff_pushes import enqueue_evacuation_pushes
from ..storage import alert_rows


async def push_evacuation(tx: Transaction, event: OfficeEvacuated) -> None:
    """Write a push for each device of the office's staff, whatever alerts they chose."""
    recipients = await alert_rows.push_recipients(tx.session, event.office.slug, tx.now)
    await enqueue_evacuation_pushes(tx.session, event.office, recipients, tx.now)


async def evacuate_calls(tx: Transaction, event: EvacuationCommitted) -> None:
    """Tell the people in video calls with agents who have to leave."""
    await begin_evacuation_of_calls(tx, event.office.id, event.agent_ids)


async def resume_calls(tx: Transaction, event: EvacuationEnded) -> None:
    """Let video calls go on after an evacuation."""
    await end_evacuation_of_calls(tx, event.office.id)
