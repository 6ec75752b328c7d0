"""Visits of several services: the offices and modes that fit all of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ...offices.domain.words import SERVICE_MODES, ServiceMode
from .catalogue import CatalogueOffice, OfficeCatalogue


def visit_offices(
    catalogue: OfficeCatalogue, services: Sequence[str], mode: ServiceMode | None = None
) -> tuple[CatalogueOffice, ...]:
    """List the offices that give all services in a single visit, in this mode unless None."""
    modes = SERVICE_MODES if mode is None else (mode,)
    return tuple(
        office for office in catalogue.offices if any(_gives_all(office, services, each) for each in modes)
    )


def visit_modes(
    catalogue: OfficeCatalogue, services: Sequence[str], office: str | None = None
) -> tuple[ServiceMode, ...]:
    """List the modes in which a single visit can have all services, in all offices or one."""
    offices = [each for each in catalogue.offices if office in (None, each.slug)]
    return tuple(mode for mode in SERVICE_MODES if any(_gives_all(each, services, mode) for each in offices))


def split_services(
    catalogue: OfficeCatalogue, services: Sequence[str], mode: ServiceMode | None, office: str | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Separate the services that fit into a visit with the first from those that do not."""
    fitting, rest = list(services[:1]), []
    for slug in services[1:]:
        together = [*fitting, slug]
        offices = [each.slug for each in visit_offices(catalogue, together, mode)]
        if offices if office is None else office in offices:
            fitting = together
        else:
            rest.append(slug)
    return tuple(fitting), tuple(rest)


def _gives_all(office: CatalogueOffice, services: Sequence[str], mode: ServiceMode) -> bool:
    offered = [office.service(slug) for slug in services]
    if any(service is None or mode not in service.modes for service in offered):
        return False
    return offered[0] is not None and len(services) <= offered[0].most_services
