"""Offices of the demo: services, lines, desks, opening hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import HORIZON_DAYS
from ...core.i18n.catalogues import LocalizedText
from ...core.ids import new_id
from ...core.runtime import Runtime
from ...offices.service import Office, ServiceMode, all_offices, bump_office_versions, offices_missing_holidays
from ...offices.storage.tables import (
    DeskLineRow,
    DeskRow,
    ExtraOpeningRow,
    LineRow,
    OfficeRow,
    OpeningRow,
    ServiceRow,
)
from ..jobs.public_holidays import close_on_holidays

ZONE = ZoneInfo("Europe/Madrid")
ALWAYS_OPEN_OFFICE = "henares"  # so that every page shows data, also at night and on holidays
HELP_PHONE = "900 000 360"


def _localized(es: str, en: str) -> LocalizedText:
    return {"es": es, "en": en}


@dataclass(frozen=True, slots=True)
class DemoServicePlan:
    """A service, and the line in which people wait for it."""

    slug: str
    line: str
    names: LocalizedText
    modes: tuple[ServiceMode, ...]
    minutes: int
    bring: LocalizedText | None = None
    walk_in: bool = True
    words: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DemoOfficePlan:
    """An office to create. `places`: people attended at the same time, by mode."""

    slug: str
    name: str
    address: str
    access: LocalizedText
    hours: Mapping[int, tuple[time, time]]
    desks: int
    services: tuple[str, ...]
    places: Mapping[ServiceMode, int]


LINES: Mapping[str, tuple[str, LocalizedText]] = {
    "registry": ("A", _localized("Registro", "Registry")),
    "identity": ("B", _localized("Identidad digital", "Digital identity")),
    "information": ("C", _localized("Información", "Information")),
    "licences": ("D", _localized("Licencias", "Licences")),
}
BOTH_MODES: tuple[ServiceMode, ...] = ("in_person", "video")
SERVICES: tuple[DemoServicePlan, ...] = (
    DemoServicePlan(
        "documents",
        "registry",
        _localized("Registro de documentos", "Registering documents"),
        ("in_person",),
        10,
        _localized("Los documentos y una copia", "The documents and a copy"),
        words={
            "es": [
                "registro",
                "registrar un documento",
                "presentar un escrito",
                "presentar una instancia",
                "presentar una solicitud",
                "entregar documentos",
                "entregar papeles",
                "documentos",
                "instancia general",
                "registro de entrada",
                "sellar",
                "compulsa",
                "recurso",
                "alegaciones",
                "papeles",
                "echar papeles",
                "llevar documentación",
                "sellar una solicitud",
            ],
            "en": [
                "registry",
                "register a document",
                "submit documents",
                "hand in papers",
                "hand in a form",
                "file a document",
                "lodge a document",
                "documents",
                "paperwork",
                "papers",
                "submit a form",
                "file an application",
                "appeal",
                "stamped letter",
            ],
        },
    ),
    DemoServicePlan(
        "certificate",
        "identity",
        _localized("Validación de certificado digital", "Validation of a digital certificate"),
        BOTH_MODES,
        15,
        _localized("DNI, NIE o pasaporte en vigor", "A valid identity card or passport"),
        words={
            "es": [
                "certificado digital",
                "certificado electrónico",
                "certificado",
                "firma digital",
                "firma electrónica",
                "clave permanente",
                "cl@ve",
                "identidad digital",
                "acreditar mi identidad",
                "cert digital",
                "certificado de la FNMT",
            ],
            "en": [
                "digital certificate",
                "electronic certificate",
                "certificate",
                "digital signature",
                "electronic signature",
                "digital identity",
                "e-signature",
                "digital cert",
                "FNMT certificate",
            ],
        },
    ),
    DemoServicePlan(
        "information",
        "information",
        _localized("Información general", "General information"),
        BOTH_MODES,
        10,
        words={
            "es": ["información", "info", "info general", "duda", "pregunta", "preguntar", "orientación", "beca"],
            "en": ["information", "info", "question", "advice", "guidance", "scholarship", "enquiry"],
        },
    ),
    DemoServicePlan(
        "health-card",
        "identity",
        _localized("Tarjeta sanitaria virtual", "Virtual health card"),
        BOTH_MODES,
        10,
        _localized("Tarjeta sanitaria y móvil", "Your health card and your phone"),
        words={
            "es": ["tarjeta sanitaria", "tarjeta de salud", "tarjeta del médico", "tarjeta virtual", "sanitaria"],
            "en": ["health card", "medical card", "health insurance card", "doctor's card", "virtual card"],
        },
    ),
    DemoServicePlan(
        "complaints",
        "information",
        _localized("Sugerencias y quejas", "Suggestions and complaints"),
        BOTH_MODES,
        15,
        words={
            "es": [
                "queja",
                "quejarme",
                "reclamación",
                "reclamar",
                "hoja de reclamaciones",
                "sugerencia",
                "idea",
                "trato",
            ],
            "en": ["complaint", "complain", "suggestion", "claim form", "feedback", "idea", "treated"],
        },
    ),
    DemoServicePlan(
        "hunting-fishing",
        "licences",
        _localized("Licencias de caza y pesca", "Hunting and fishing licences"),
        BOTH_MODES,
        20,
        _localized("DNI o NIE y seguro de caza", "Identity card and hunting insurance"),
        walk_in=False,
        words={
            "es": [
                "licencia de caza",
                "licencia de pesca",
                "permiso de caza",
                "permiso de pesca",
                "caza",
                "pesca",
                "cazar",
                "pescar",
                "cazador",
                "pescador",
                "carné de caza",
                "carné de pesca",
            ],
            "en": [
                "hunting licence",
                "fishing licence",
                "hunting permit",
                "fishing permit",
                "hunting",
                "fishing",
                "hunt",
                "fish",
                "hunter",
                "angling licence",
                "rod licence",
            ],
        },
    ),
)
WEEKDAYS = range(5)
SATURDAY = 5
OFFICES: tuple[DemoOfficePlan, ...] = (
    DemoOfficePlan(
        "centro",
        "Oficina Centro",
        "Calle del Olivar, 12, Madrid",
        _localized("Entrada sin escalones y bucle magnético", "Step-free entrance and hearing loop"),
        {**dict.fromkeys(WEEKDAYS, (time(9), time(19))), SATURDAY: (time(9), time(13))},
        desks=12,
        services=tuple(one.slug for one in SERVICES),
        places={"in_person": 3, "video": 3},
    ),
    DemoOfficePlan(
        "norte",
        "Oficina Norte",
        "Avenida de los Tilos, 40, Madrid",
        _localized("Entrada con rampa", "Entrance with a ramp"),
        dict.fromkeys(WEEKDAYS, (time(9), time(15))),
        desks=4,
        services=("documents", "certificate", "information", "health-card"),
        places={"in_person": 1, "video": 1},
    ),
    DemoOfficePlan(
        ALWAYS_OPEN_OFFICE,
        "Oficina Henares",
        "Plaza de la Fuente, 3, Alcalá de Henares",
        _localized("Entrada sin escalones", "Step-free entrance"),
        dict.fromkeys(WEEKDAYS, (time(9), time(15))),
        desks=6,
        services=tuple(one.slug for one in SERVICES),
        places={"in_person": 4, "video": 4},
    ),
)
DESK_DIRECTIONS: Sequence[tuple[LocalizedText, str]] = (
    (_localized("Al fondo, a la izquierda", "At the back, on the left"), "left"),
    (_localized("De frente, pasada la columna", "Straight on, past the column"), "ahead"),
    (_localized("A la derecha de la entrada", "To the right of the entrance"), "right"),
)


async def ensure_demo_offices(runtime: Runtime) -> None:
    """Create missing offices, and the opening hours of days within the booking horizon."""
    async with runtime.read_session() as session:
        existing = {office.slug for office in await all_offices(session)}
    for position, plan in enumerate(OFFICES):
        if plan.slug not in existing:
            await _create_office(runtime, plan, position)
    await _ensure_opening_hours(runtime)


async def demo_offices(session: AsyncSession) -> list[Office]:
    """Load the offices of the demo."""
    ours = {plan.slug for plan in OFFICES}
    return [office for office in await all_offices(session) if office.slug in ours]


async def _create_office(runtime: Runtime, plan: DemoOfficePlan, position: int) -> None:
    office_id = new_id()
    services = [service for service in SERVICES if service.slug in plan.services]
    lines = {service.line: new_id() for service in services}
    async with runtime.transaction() as tx:
        tx.session.add(_office_row(plan, office_id, position))
        await tx.session.flush()
        tx.session.add_all(_line_row(slug, office_id, line_id) for slug, line_id in lines.items())
        tx.session.add_all(
            OpeningRow(office_id=office_id, weekday=day, opens=opens, closes=closes)
            for day, (opens, closes) in plan.hours.items()
        )
        await tx.session.flush()
        tx.session.add_all(
            _service_row(service, plan, office_id, lines[service.line], position_in_office)
            for position_in_office, service in enumerate(services)
        )
        for number in range(1, plan.desks + 1):
            await _add_desk(tx.session, plan, office_id, number, list(lines.values()))


def _office_row(plan: DemoOfficePlan, office_id: str, position: int) -> OfficeRow:
    return OfficeRow(
        id=office_id,
        slug=plan.slug,
        position=position,
        name=plan.name,
        address=plan.address,
        phone=HELP_PHONE,
        timezone=ZONE.key,
        country="ES",
        subdivision="MD",
        access=plan.access,
        paused=False,
        pause_message=None,
    )


def _line_row(slug: str, office_id: str, line_id: str) -> LineRow:
    letter, names = LINES[slug]
    return LineRow(
        id=line_id,
        office_id=office_id,
        slug=slug,
        letter=letter,
        names=names,
        stopped=False,
        daily_quota=None,
        version=1,
    )


def _service_row(
    service: DemoServicePlan, plan: DemoOfficePlan, office_id: str, line_id: str, position: int
) -> ServiceRow:
    return ServiceRow(
        id=new_id(),
        office_id=office_id,
        line_id=line_id,
        slug=service.slug,
        position=position,
        names=service.names,
        modes=list(service.modes),
        walk_in=service.walk_in,
        minutes=service.minutes,
        bring=service.bring,
        words=dict(service.words),
        capacity={mode: plan.places[mode] for mode in service.modes},
    )


async def _add_desk(
    session: AsyncSession, plan: DemoOfficePlan, office_id: str, number: int, lines: list[str]
) -> None:
    """Add a desk that serves every line, preferring another one than the desk before."""
    desk_id = new_id()
    way, arrow = DESK_DIRECTIONS[(number - 1) * len(DESK_DIRECTIONS) // plan.desks]
    session.add(DeskRow(id=desk_id, office_id=office_id, position=number, name=str(number), way=way, arrow=arrow))
    await session.flush()
    first = (number - 1) % len(lines)
    session.add_all(
        DeskLineRow(desk_id=desk_id, line_id=line_id, preference=preference)
        for preference, line_id in enumerate(lines[first:] + lines[:first])
    )


# Hours of the days to come


async def _ensure_opening_hours(runtime: Runtime) -> None:
    today = runtime.now().astimezone(ZONE).date()
    last = today + timedelta(days=HORIZON_DAYS)
    async with runtime.read_session() as session:
        offices = {office.slug: office.id for office in await demo_offices(session)}
        without_holidays = await offices_missing_holidays(session, last.year)
        open_until = await _last_extra_opening_day(session, [offices[ALWAYS_OPEN_OFFICE]])
    for office, until in without_holidays:
        if office.slug in offices:
            await close_on_holidays(runtime, office.slug, range(max(until + 1, today.year), last.year + 1))
    async with runtime.transaction() as tx:
        if open_until is None or open_until < last:
            first = max(today - timedelta(days=1), open_until + timedelta(days=1) if open_until else date.min)
            tx.session.add_all(_all_day_openings(offices[ALWAYS_OPEN_OFFICE], first, last))
        await bump_office_versions(tx.session, offices.values())


async def _last_extra_opening_day(session: AsyncSession, office_ids: list[str]) -> date | None:
    statement = select(func.max(ExtraOpeningRow.day)).where(ExtraOpeningRow.office_id.in_(office_ids))
    last_day: date | None = (await session.execute(statement)).scalar()
    return last_day


def _all_day_openings(office_id: str, first: date, last: date) -> list[ExtraOpeningRow]:
    days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    return [ExtraOpeningRow(office_id=office_id, day=day, opens=time(), closes=time()) for day in days]
