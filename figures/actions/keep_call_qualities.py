"""Nightly work: keep the quality of ended calls, before their tests are deleted."""

from __future__ import annotations

from datetime import timedelta

from ...appointments.service import AppointmentState
from ...core.runtime import Runtime
from ...offices.service import Office, all_offices
from ...rooms.service import call_records
from ..queries.call_facts import measure_qualities, video_appointments
from ..storage.call_quality_rows import add_kept_qualities, load_kept_qualities

# No room is still open so long after its appointment.
OVER_AFTER = timedelta(hours=12)
# Connection tests live 30 days; a worker that was down for days still finds them.
LOOK_BACK = timedelta(days=32)
KEPT_STATES = frozenset({AppointmentState.SERVED, AppointmentState.NO_SHOW, AppointmentState.CHECKED_IN})


async def keep_call_qualities(runtime: Runtime) -> int:
    """Keep the qualities of the ended calls of the last month. Returns their number.

    Idempotent.
    """
    async with runtime.read_session() as session:
        offices = await all_offices(session)
    return sum([await _keep_qualities_of_office(runtime, office) for office in offices])


async def _keep_qualities_of_office(runtime: Runtime, office: Office) -> int:
    end = runtime.now() - OVER_AFTER
    async with runtime.transaction() as tx:
        over = await video_appointments(tx.session, office, end - LOOK_BACK, end)
        kept = await load_kept_qualities(tx.session, [appointment.id for appointment in over])
        missing = [
            appointment
            for appointment in over
            if appointment.id not in kept and appointment.state in KEPT_STATES and appointment.ends_at < end
        ]
        records = await call_records(tx.session, [appointment.id for appointment in missing])
        add_kept_qualities(tx.session, await measure_qualities(tx.session, missing, records))
    return len(missing)
