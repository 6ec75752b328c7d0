"""Office and services that a request names, checked against what the office provides."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import FieldError, Invalid, NotFound
from ...offices.service import Office, OfficeService, ServiceMode, office_by_slug
from .service_settings import parse_agenda_settings


async def require_office(session: AsyncSession, slug: str) -> Office:
    """Load the office with this slug. Raises Invalid for the field `office`."""
    try:
        return await office_by_slug(session, slug)
    except NotFound:
        raise Invalid(FieldError("office", "not_a_choice")) from None


def require_service(office: Office, slug: str, mode: str) -> OfficeService:
    """Find the service that the office provides in this mode.

    Raises Invalid for `service` or `mode`.
    """
    try:
        service = office.service(slug)
    except NotFound:
        raise Invalid(FieldError("service", "not_a_choice")) from None
    if mode not in service.modes:
        raise Invalid(FieldError("mode", "not_a_choice"))
    return service


def require_additional_services(
    office: Office,
    service: OfficeService,
    mode: ServiceMode,
    slugs: Sequence[str],
    *,
    field: str = "more_services",
) -> tuple[OfficeService, ...]:
    """Find the additional services of a visit, in the order of the request.

    Raises Invalid, Unavailable.
    """
    if not slugs:
        return ()
    most = parse_agenda_settings(office, service).most_services - 1
    if len(slugs) > most:
        raise Invalid(FieldError(field, "too_many", {"max": most}))
    if len({service.slug, *slugs}) != len(slugs) + 1:
        raise Invalid(FieldError(field, "twice"))
    provided = {candidate.slug: candidate for candidate in office.services_for(mode)}
    if any(slug not in provided for slug in slugs):
        raise Invalid(FieldError(field, "not_a_choice"))
    return tuple(provided[slug] for slug in slugs)
