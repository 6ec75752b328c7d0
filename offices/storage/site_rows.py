"""SQL of the organisation's row, and the snapshot that each process keeps of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.engine import execute_on_connection
from ...core.db.process_cache import process_cache
from ...core.db.session_hooks import call_after_commit
from ...core.db.write_conflicts import flush_inserts
from ...core.errors import Invalid
from ..domain.documents.site import SiteProfile, site_profile_from_dict, site_profile_to_dict
from ..domain.logo import Logo
from ..domain.site import Site
from .tables import SiteRow

logger = logging.getLogger(__name__)

SITE_ID = 1


class SiteCache:
    """The organisation as this process last read it."""

    def __init__(self) -> None:
        self.site = Site()

    def store(self, site: Site) -> None:
        """Keep a snapshot. The default telephone stays."""
        self.site = replace(site, default_help_phone=self.site.default_help_phone)

    def set_default_help_phone(self, phone: str) -> None:
        self.site = replace(self.site, default_help_phone=phone)


async def load_site(session: AsyncSession) -> Site:
    """Load the organisation; an empty profile if it was never described."""
    row = (await execute_on_connection(session, _SELECT_SITE)).one_or_none()
    return Site() if row is None else _to_site(*row)


async def lock_site(session: AsyncSession) -> Site:
    """Load the organisation with a row lock; there is nothing to lock before the first change."""
    row = (await session.execute(_SELECT_SITE.with_for_update())).one_or_none()
    return Site() if row is None else _to_site(*row)


async def save_site_row(session: AsyncSession, site: Site) -> None:
    """Write the organisation, which is locked, and its snapshot after the commit.

    Raises WriteConflict if another transaction wrote the first version.
    """
    values = {
        "version": site.version,
        "profile": site_profile_to_dict(site.profile),
        "logo": site.logo.content if site.logo else None,
        "logo_type": site.logo.media_type if site.logo else None,
    }
    if site.version == 1:
        session.add(SiteRow(id=SITE_ID, **values))
        await flush_inserts(session)
    else:
        await session.execute(update(SiteRow).where(SiteRow.id == SITE_ID).values(values))
    call_after_commit(session, partial(process_cache(session).get(SiteCache).store, site))


SELECT_VERSION = select(SiteRow.version).where(SiteRow.id == SITE_ID)
_SELECT_SITE = select(SiteRow.version, SiteRow.profile, SiteRow.logo, SiteRow.logo_type).where(
    SiteRow.id == SITE_ID
)


def _to_site(version: int, profile: Mapping[str, Any], logo: bytes | None, logo_type: str | None) -> Site:
    picture = Logo.from_content(bytes(logo), logo_type) if logo and logo_type else None
    return Site(version, _to_profile(profile), picture)


def _to_profile(stored: Mapping[str, Any]) -> SiteProfile:
    """Read a stored profile without the fields that this version does not accept."""
    try:
        return site_profile_from_dict(stored)
    except Invalid as invalid:
        wrong = {error.field.partition(".")[0] for error in invalid.fields}
        logger.warning("site_fields_ignored", extra={"fields": sorted(wrong)})
        return site_profile_from_dict({name: value for name, value in stored.items() if name not in wrong})
