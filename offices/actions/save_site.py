"""Audited changes of the organisation's profile and logo. No transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.i18n.languages import LANGUAGES
from ..domain.documents.site import (
    SiteProfile,
    changed_values,
)
from ..domain.logo import Logo
from ..storage import site_rows

SITE_SUBJECT, SITE_SUBJECT_ID = "site", "site"
PROFILE_CHANGED, LOGO_CHANGED = "site.changed", "site.logo_changed"


async def save_site_profile(session: AsyncSession, now: datetime, actor: AuditActor, profile: SiteProfile) -> None:
    """Replace the whole profile. Raises WriteConflict."""
    await edit_site_profile(session, now, actor, lambda _present: profile)


async def edit_site_profile(
    session: AsyncSession, now: datetime, actor: AuditActor, edit: Callable[[SiteProfile], SiteProfile]
) -> tuple[SiteProfile, SiteProfile]:
    """Save an edit of the profile under its lock. Returns the profile before and after.

    Raises WriteConflict.
    """
    site = await site_rows.lock_site(session)
    profile = edit(site.profile)
    before, after = changed_values(site.profile, profile)
    if after:
        await site_rows.save_site_row(session, replace(site, version=site.version + 1, profile=profile))
        add_audit_entry(session, now, actor, PROFILE_CHANGED, _subject(profile), before=before, after=after)
    return site.profile, profile


async def save_site_logo(session: AsyncSession, now: datetime, actor: AuditActor, logo: Logo | None) -> bool:
    """Replace or remove the logo. Returns whether it changed. Raises WriteConflict."""
    site = await site_rows.lock_site(session)
    if site.logo == logo:
        return False
    await site_rows.save_site_row(session, replace(site, version=site.version + 1, logo=logo))
    add_audit_entry(
        session,
        now,
        actor,
        LOGO_CHANGED,
        _subject(site.profile),
        before={"logo": _describe_logo(site.logo)},
        after={"logo": _describe_logo(logo)},
    )
    return True


def _subject(profile: SiteProfile) -> tuple[str, str, str]:
    return SITE_SUBJECT, SITE_SUBJECT_ID, profile.name(LANGUAGES[0])


def _describe_logo(logo: Logo | None) -> str | None:
    return None if logo is None else f"{logo.media_type}, {len(logo.content)} bytes, {logo.digest}"
