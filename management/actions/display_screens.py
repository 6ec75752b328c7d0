"""Naming, renaming and removal of waiting-room screens by managers, with the audit."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import Principal, StaffRole, require_role
from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.db.write_conflicts import WriteConflict
from ...core.errors import FieldError, Invalid, NotFound
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, office_by_id, office_by_slug
from ...queue.service import (
    MAX_SCREEN_NAME,
    MAX_SCREENS,
    DisplayScreen,
    delete_screen,
    insert_screen,
    load_screens,
    screen_by_id,
    update_screen_name,
)


async def create_screen(runtime: Runtime, principal: Principal, slug: str, name: str) -> str:
    """Create a screen with a name. Returns its id. Raises NotAllowed, NotFound, Invalid."""
    require_role(principal, StaffRole.MANAGER, slug)
    name = check_screen_name(name)
    try:
        async with runtime.transaction() as tx:
            office = await office_by_slug(tx.session, slug)
            named = [screen for screen in await load_screens(tx.session, [office.id]) if screen.name is not None]
            if len(named) >= MAX_SCREENS:
                raise Invalid(FieldError("name", "too_many", {"max": MAX_SCREENS}))
            screen_id = await insert_screen(tx.session, office.id, name, tx.now)
            _audit(tx, principal, office, "screen.created", (screen_id, name), after={"name": name})
    except WriteConflict:
        raise Invalid(FieldError("name", "screen_taken")) from None
    return screen_id


async def rename_screen(runtime: Runtime, principal: Principal, screen_id: str, name: str) -> None:
    """Rename a screen; its link stays the same. Raises NotAllowed, NotFound, Invalid."""
    name = check_screen_name(name)
    try:
        async with runtime.transaction() as tx:
            screen, office = await load_own_screen(tx.session, principal, screen_id)
            if screen.name == name:
                return
            await update_screen_name(tx.session, screen_id, name)
            before, after = {"name": screen.name}, {"name": name}
            _audit(tx, principal, office, "screen.renamed", (screen_id, name), before=before, after=after)
    except WriteConflict:
        raise Invalid(FieldError("name", "screen_taken")) from None


async def remove_screen(runtime: Runtime, principal: Principal, screen_id: str) -> None:
    """Remove a screen: where its link is open, it counts as a screen without a name.

    Raises NotAllowed, NotFound.
    """
    async with runtime.transaction() as tx:
        screen, office = await load_own_screen(tx.session, principal, screen_id)
        await delete_screen(tx.session, screen_id)
        label = (screen_id, screen.name or "")
        _audit(tx, principal, office, "screen.removed", label, before={"name": screen.name})


def check_screen_name(name: str) -> str:
    """Return the name with its white space folded. Raises Invalid."""
    folded = " ".join(name.split())
    if not folded:
        raise Invalid(FieldError("name", "required"))
    if len(folded) > MAX_SCREEN_NAME or not folded.isprintable():
        raise Invalid(FieldError("name", "too_long", {"max": MAX_SCREEN_NAME}))
    return folded


async def load_own_screen(
    session: AsyncSession, principal: Principal, screen_id: str
) -> tuple[DisplayScreen, Office]:
    """Load a screen of the principal's offices. Raises NotAllowed, NotFound."""
    screen = await screen_by_id(session, screen_id)
    if screen is None:
        raise NotFound
    office = await office_by_id(session, screen.office_id)
    require_role(principal, StaffRole.MANAGER, office.slug)
    return screen, office


def _audit(
    tx: Transaction,
    principal: Principal,
    office: Office,
    action: str,
    screen: tuple[str, str],
    *,
    before: Mapping[str, str | None] | None = None,
    after: Mapping[str, str | None] | None = None,
) -> None:
    add_audit_entry(
        tx.session,
        tx.now,
        AuditActor.from_principal(principal),
        action,
        ("screen", *screen),
        office=office.slug,
        before=before,
        after=after,
    )
