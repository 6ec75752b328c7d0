"""Office of the tests: lines, services, desks and hours as in the demo's central office."""

from __future__ import annotations

from datetime import time
from typing import Any

from office360.core.ids import new_id
from office360.core.runtime import Runtime
from office360.offices.storage.tables import DeskLineRow, DeskRow, LineRow, OfficeRow, OpeningRow, ServiceRow

OFFICE_LINES = [
    ("registry", "A", "Registro", "Registry"),
    ("identity", "B", "Identidad digital", "Digital identity"),
]
OFFICE_SERVICES: list[dict[str, Any]] = [
    {
        "slug": "documents",
        "line": "registry",
        "names": {"es": "Registro de documentos", "en": "Registering documents"},
        "modes": ["in_person"],
        "walk_in": True,
        "minutes": 10,
        "bring": {"es": "Los documentos y una copia", "en": "The documents and a copy"},
        "capacity": {"in_person": 2},
    },
    {
        "slug": "certificate",
        "line": "identity",
        "names": {"es": "Certificado digital", "en": "Digital certificate"},
        "modes": ["in_person", "video"],
        "walk_in": True,
        "minutes": 15,
        "bring": {"es": "DNI o NIE", "en": "Your identity card"},
        "capacity": {"in_person": 1, "video": 1},
    },
    {
        "slug": "complaints",
        "line": "registry",
        "names": {"es": "Sugerencias y quejas", "en": "Suggestions and complaints"},
        "modes": ["video"],
        "walk_in": False,
        "minutes": 20,
        "bring": None,
        "capacity": {"video": 2},
    },
]


async def build_office(
    runtime: Runtime, *, slug: str = "centro", name: str = "Oficina Centro", desks: int = 4, position: int = 0
) -> None:
    """Create an office in Madrid, open Monday to Friday 9-19 and Saturday 9-13.

    Every desk serves both lines.
    """
    office_id = new_id()
    line_ids = {line: new_id() for line, *_ in OFFICE_LINES}
    async with runtime.transaction() as tx:
        tx.session.add(_office(office_id, slug, name, position))
        await tx.session.flush()
        for line, letter, es, en in OFFICE_LINES:
            tx.session.add(
                LineRow(
                    id=line_ids[line],
                    office_id=office_id,
                    slug=line,
                    letter=letter,
                    names={"es": es, "en": en},
                    stopped=False,
                    daily_quota=None,
                    version=1,
                )
            )
        await tx.session.flush()
        for place, service in enumerate(OFFICE_SERVICES):
            fields = {key: value for key, value in service.items() if key != "line"}
            tx.session.add(
                ServiceRow(
                    id=new_id(),
                    office_id=office_id,
                    line_id=line_ids[service["line"]],
                    position=place,
                    **fields,
                )
            )
        for number in range(1, desks + 1):
            await _add_desk(tx, office_id, number, list(line_ids.values()))
        for weekday in range(6):
            closes = time(13) if weekday == 5 else time(19)
            tx.session.add(OpeningRow(office_id=office_id, weekday=weekday, opens=time(9), closes=closes))


def _office(office_id: str, slug: str, name: str, position: int) -> OfficeRow:
    return OfficeRow(
        id=office_id,
        slug=slug,
        position=position,
        name=name,
        address="Calle del Olivar, 12",
        phone="900 000 360",
        timezone="Europe/Madrid",
        country="ES",
        subdivision="MD",
        access={"es": "Entrada sin escalones", "en": "Step-free entrance"},
        paused=False,
        pause_message=None,
    )


async def _add_desk(tx: Any, office_id: str, number: int, line_ids: list[str]) -> None:
    desk_id = new_id()
    tx.session.add(
        DeskRow(
            id=desk_id,
            office_id=office_id,
            position=number,
            name=str(number),
            way={"es": "Al fondo, a la izquierda", "en": "At the back, on the left"},
            arrow="left",
        )
    )
    await tx.session.flush()
    for preference, line_id in enumerate(line_ids):
        tx.session.add(DeskLineRow(desk_id=desk_id, line_id=line_id, preference=preference))
