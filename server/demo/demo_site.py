"""Organisation of the demo city: name, telephone and legal texts."""

from __future__ import annotations

from ...core.db.audit_entries import COMMAND_LINE
from ...core.runtime import Runtime
from ...offices.service import read_site, save_site_profile, site_profile_from_dict
from .offices import load_demo_file


async def ensure_demo_site(runtime: Runtime) -> None:
    """Describe the organisation, unless a person has done it."""
    if (await read_site(runtime)).version:
        return
    async with runtime.transaction() as tx:
        await save_site_profile(
            tx.session, tx.now, COMMAND_LINE, site_profile_from_dict(load_demo_file().site or {})
        )
