"""Import of city files: idempotent, all or nothing, and with the rules of --prune."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path
from typing import Any

import pytest
from office360.appointments.service import book_appointment
from office360.core.db.audit_entries import COMMAND_LINE, AuditEntryRow
from office360.core.errors import Conflict, Invalid
from office360.core.runtime import Runtime
from office360.management.actions.import_city import CityChange, import_city, preview_city_import
from office360.management.domain.city_file import CityFile, parse_city
from office360.management.queries.export_city import export_city
from office360.offices.domain.office import OFFICE_FACTS
from office360.offices.service import Office, all_offices, bump_office_versions, office_to_document
from office360.offices.storage.tables import OfficeRow
from office360.queue.service import TicketRequest, take_ticket
from office360.server.demo.offices import DEMO_CITY_PATH
from sqlalchemy import select, update

from ...appointments.support.requesters import make_booking_request
from ...offices.domain.test_office_document import OFFICE
from ...support.office_fixture import build_office

ADOPT_PATH = Path(__file__).parents[3] / "docs" / "adopt.md"


def city_file(**offices: Any) -> CityFile:
    return CityFile(offices)


async def load_city(runtime: Runtime) -> dict[str, Office]:
    async with runtime.read_session() as session:
        return {office.slug: office for office in await all_offices(session)}


async def export(runtime: Runtime) -> str:
    return (await export_city(runtime)).text


async def run_import(runtime: Runtime, city: CityFile, *, prune: bool = False) -> CityChange:
    return await import_city(runtime, COMMAND_LINE, city, prune=prune)


def kinds(change: CityChange) -> dict[str, str]:
    return {office.slug: str(office.kind) for office in change.offices}


async def test_demo_city_survives_import_and_export(runtime: Runtime) -> None:
    data = DEMO_CITY_PATH.read_bytes()
    change = await run_import(runtime, parse_city(data))
    assert kinds(change) == {"centro": "added", "norte": "added", "henares": "added"}
    text = await export(runtime)
    assert tomllib.loads(text) == tomllib.loads(data.decode())
    versions = {slug: office.version for slug, office in (await load_city(runtime)).items()}
    for prune in (False, True):
        assert (await run_import(runtime, parse_city(text.encode()), prune=prune)).is_empty
    assert {slug: office.version for slug, office in (await load_city(runtime)).items()} == versions
    assert await export(runtime) == text


async def test_city_of_the_documents_is_imported(runtime: Runtime) -> None:
    """The first block of docs/adopt.md."""
    text = ADOPT_PATH.read_text().partition("```toml\n")[2].partition("```")[0]
    change = await run_import(runtime, parse_city(text.encode()))
    assert kinds(change) == {"centro": "added"}
    centro = (await load_city(runtime))["centro"]
    assert [len(part) for part in (centro.lines, centro.services, centro.desks)] == [2, 2, 2]
    facts = [centro.fact_in(name, "en") for name in OFFICE_FACTS]
    assert facts == ["Step-free entrance", "None", "Metro, line 5", "9:00 to 14:00"]
    assert [service.price_in("en") for service in centro.services].count("Free") == 1
    assert (await run_import(runtime, parse_city(text.encode()), prune=True)).is_empty


async def test_import_keeps_what_the_file_lacks(runtime: Runtime, office: Office) -> None:
    before = office_to_document(office)
    change = await run_import(runtime, city_file(centro={"services": {"documents": {"minutes": 15}}}))
    assert [(value.dotted, value.before, value.after) for value in change.offices[0].changes] == [
        ("services.documents.minutes", 10, 15)
    ]
    after = (await load_city(runtime))["centro"]
    before["services"]["documents"]["minutes"] = 15
    assert office_to_document(after) == before
    assert after.version > office.version
    async with runtime.read_session() as session:
        (entry,) = (await session.execute(select(AuditEntryRow))).scalars()
    assert (entry.actor_id, entry.actor_name, entry.action) == (None, "office360", "office.changed")


async def test_removed_mode_takes_its_places_along(runtime: Runtime, office: Office) -> None:
    await run_import(runtime, city_file(centro={"services": {"certificate": {"modes": ["in_person"]}}}))
    assert (await load_city(runtime))["centro"].service("certificate").capacity == {"in_person": 1}


async def test_preview_changes_nothing(runtime: Runtime, office: Office) -> None:
    text = await export(runtime)
    change = await preview_city_import(runtime, city_file(sur=OFFICE), prune=True)
    assert change.offices
    assert await export(runtime) == text
    assert (await load_city(runtime))["centro"].version == office.version


async def test_wrong_office_stops_the_whole_import(runtime: Runtime, office: Office) -> None:
    wrong = city_file(centro={"name": ""}, norte={**OFFICE, "timezone": "Mars"}, sur=OFFICE)
    with pytest.raises(Invalid) as refused:
        await run_import(runtime, wrong)
    assert [error.field for error in refused.value.fields] == ["offices.centro.name", "offices.norte.timezone"]
    assert list(await load_city(runtime)) == ["centro"]


async def test_prune_removes_parts_and_keeps_dates(runtime: Runtime, office: Office) -> None:
    await run_import(runtime, city_file(centro={"closures": {"2026-12-25": "Navidad"}}))
    source = office_to_document((await load_city(runtime))["centro"])
    del source["closures"], source["desks"]["4"], source["services"]["complaints"], source["access"]
    change = await run_import(runtime, city_file(centro=source), prune=True)
    assert change.needs_confirmation
    after = office_to_document((await load_city(runtime))["centro"])
    assert after["closures"] == {"2026-12-25": "Navidad"}  # a file without this table keeps its days
    assert ("4" in after["desks"], "complaints" in after["services"], after["access"]) == (False, False, {})
    await run_import(runtime, city_file(centro={**source, "closures": {}}), prune=True)
    assert office_to_document((await load_city(runtime))["centro"])["closures"] == {}


async def test_prune_deletes_unused_office_and_unlists_used(runtime: Runtime, office: Office) -> None:
    await build_office(runtime, slug="norte", name="Oficina Norte", position=1)
    await take_ticket(runtime, "centro", TicketRequest(service="documents"))
    change = await run_import(runtime, city_file(sur=OFFICE), prune=True)
    assert kinds(change) == {"sur": "added", "centro": "unlisted", "norte": "deleted"}
    city = await load_city(runtime)
    assert (list(city), city["centro"].listed) == (["centro", "sur"], False)
    assert (await run_import(runtime, city_file(sur=OFFICE), prune=True)).is_empty


async def test_lines_in_use_are_named_for_all_offices(runtime: Runtime, office: Office) -> None:
    await take_ticket(runtime, "centro", TicketRequest(service="documents"))
    with pytest.raises(Invalid) as refused:
        await run_import(runtime, city_file(centro={**OFFICE}), prune=True)
    assert [(error.field, error.code) for error in refused.value.fields] == [("offices.centro", "line_in_use")]


async def test_appointments_on_changed_hours_are_listed(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request())
    change = await run_import(runtime, city_file(centro={"hours": {"friday": []}}))
    assert [appointment.locator for appointment in change.offices[0].affected] == [booked.locator]
    assert change.needs_confirmation


async def test_order_of_offices_follows_the_file(runtime: Runtime, office: Office) -> None:
    await build_office(runtime, slug="norte", name="Oficina Norte", position=1)
    change = await run_import(runtime, city_file(norte={}, centro={}))
    assert change.order == ("norte", "centro")
    assert list(await load_city(runtime)) == ["norte", "centro"]


async def test_concurrent_imports_leave_one_consistent_city(runtime: Runtime, office: Office) -> None:
    files = [
        city_file(centro={"name": f"Oficina {number}"}, sur={**OFFICE, "name": f"Sur {number}"})
        for number in range(4)
    ]
    await asyncio.gather(*(run_import(runtime, city) for city in files))
    city = await load_city(runtime)
    assert city["centro"].name.split()[-1] == city["sur"].name.split()[-1]


async def test_import_refuses_another_change_than_the_confirmed(runtime: Runtime, office: Office) -> None:
    file = city_file(centro={"name": "Oficina Sur"})
    confirmed = await preview_city_import(runtime, file)
    await run_import(runtime, city_file(centro={"name": "Oficina Este"}))
    with pytest.raises(Conflict, match="changed_meanwhile"):
        await import_city(runtime, COMMAND_LINE, file, confirmed=confirmed)
    assert (await load_city(runtime))["centro"].name == "Oficina Este"


async def test_organisation_is_part_of_the_city(runtime: Runtime) -> None:
    file = CityFile({}, {"names": {"es": "Valdemora"}, "help_phone": "010"})
    change = await run_import(runtime, file)
    assert [value.dotted for value in change.site] == ["names.es", "help_phone"]
    assert (await run_import(runtime, file)).is_empty
    kept = await run_import(runtime, CityFile({}, {"names": {"es": "Valdemora del Río"}}))
    assert [(value.dotted, value.after) for value in kept.site] == [("names.es", "Valdemora del Río")]
    assert tomllib.loads(await export(runtime))["site"]["help_phone"] == "010"
    with pytest.raises(Invalid) as refused:
        await run_import(
            runtime, CityFile({"sur": {**OFFICE, "name": ""}}, {"primary_colour": "red", "colour": "x"})
        )
    fields = {error.field for error in refused.value.fields}
    assert fields == {"site.primary_colour", "site.colour", "offices.sur.name"}
    pruned = await run_import(runtime, CityFile({}, {"names": {"es": "Valdemora"}}), prune=True)
    assert pruned.needs_confirmation
    assert "help_phone" not in tomllib.loads(await export(runtime))["site"]


async def test_office_that_cannot_be_read_is_repaired(runtime: Runtime, office: Office) -> None:
    file = parse_city((await export(runtime)).encode())
    async with runtime.transaction() as tx:
        await tx.session.execute(update(OfficeRow).values(timezone="Mars", access={"en": "Ramp"}))
        await bump_office_versions(tx.session, [office.id])
    assert await load_city(runtime) == {}
    with pytest.raises(Invalid):
        await run_import(runtime, city_file(centro={"timezone": "Europe/Madrid"}))  # not the whole office
    assert kinds(await run_import(runtime, file)) == {"centro": "repaired"}
    repaired = (await load_city(runtime))["centro"]
    assert office_to_document(repaired) == office_to_document(office)
    assert repaired.lines[0].id == office.lines[0].id
