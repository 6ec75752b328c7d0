"""Changes of an office: saved with their audit entry, refused, and taken back."""

from __future__ import annotations

from typing import Any

import pytest
from office360.appointments.service import book_appointment
from office360.core.auth import Principal, StaffRole
from office360.core.db.audit_entries import AuditActor, audit_entry_by_id
from office360.core.errors import Conflict, Invalid, NotFound, Refused
from office360.core.runtime import Runtime
from office360.management.actions.change_office import (
    SavedOffice,
    add_office,
    change_office,
    copy_office,
    preview_office_change,
    rename_office_desk,
)
from office360.management.actions.undo_change import undo_office_change
from office360.offices.service import Office, office_by_slug, office_to_document
from office360.queue.service import TicketRequest, take_ticket

from ...appointments.support.requesters import make_booking_request
from ...offices.domain.test_office_document import OFFICE

CARMEN = AuditActor("carmen", "Carmen")


async def load(runtime: Runtime, slug: str = "centro") -> Office:
    async with runtime.read_session() as session:
        return await office_by_slug(session, slug)


async def undo(runtime: Runtime, saved: SavedOffice) -> SavedOffice:
    async with runtime.read_session() as session:
        entry = await audit_entry_by_id(session, saved.entry_id or "")
    assert entry is not None
    return await undo_office_change(runtime, Principal("carmen", "Carmen", StaffRole.MANAGER, None), entry)


def set_minutes(minutes: int) -> Any:
    def edit(document: dict[str, Any]) -> dict[str, Any]:
        document["services"]["documents"]["minutes"] = minutes
        return document

    return edit


def without(table: str, key: str) -> Any:
    def edit(document: dict[str, Any]) -> dict[str, Any]:
        del document[table][key]
        if table == "lines":
            document["services"] = {
                slug: service for slug, service in document["services"].items() if service["line"] != key
            }
            for desk in document["desks"].values():
                desk["lines"] = [line for line in desk["lines"] if line != key]
        return document

    return edit


async def test_saving_its_own_document_changes_nothing(runtime: Runtime, office: Office) -> None:
    saved = await change_office(runtime, CARMEN, "centro", lambda document: document)
    assert (saved.changes, saved.entry_id) == ((), None)


async def test_new_office_equals_its_document(runtime: Runtime) -> None:
    saved = await add_office(runtime, CARMEN, "sur", OFFICE)
    async with runtime.read_session() as session:
        document = office_to_document(await office_by_slug(session, "sur"))
    assert document["services"]["census"]["line"] == "general"
    assert document["hours"] == {"monday": ["09:00-14:00", "16:00-24:00"]}
    assert document["closures"] == {"2026-12-25": "Navidad"}
    assert saved.entry_id is not None
    with pytest.raises(Conflict, match="slug_taken"):
        await add_office(runtime, CARMEN, "sur", OFFICE)


async def test_citizens_read_the_town_with_the_street(runtime: Runtime) -> None:
    saved = await add_office(runtime, CARMEN, "sur", {**OFFICE, "town": "Getafe"})
    assert saved.office.address == "Calle Mayor, 1, Getafe"
    assert office_to_document(saved.office)["address"] == "Calle Mayor, 1"


async def test_change_is_audited_with_both_values(runtime: Runtime, office: Office) -> None:
    saved = await change_office(runtime, CARMEN, "centro", set_minutes(25))
    assert saved.office.service("documents").minutes == 25
    assert (await load(runtime)).version > office.version
    async with runtime.read_session() as session:
        entry = await audit_entry_by_id(session, saved.entry_id or "")
    assert entry is not None
    assert (entry.actor_name, entry.office, entry.action) == ("Carmen", "centro", "office.changed")
    assert entry.before == {"services / documents / minutes": 10}
    assert entry.after == {"services / documents / minutes": 25}


async def test_wrong_settings_are_refused_with_their_path(runtime: Runtime, office: Office) -> None:
    def edit(document: dict[str, Any]) -> dict[str, Any]:
        document["lines"]["registry"]["settings"] = {"rejoins": 99}
        document["services"]["documents"]["agenda"] = {"lead": -1}
        document["name"] = ""
        return document

    with pytest.raises(Invalid) as refused:
        await change_office(runtime, CARMEN, "centro", edit)
    assert {error.field for error in refused.value.fields} == {
        "office.name",
        "office.lines.registry.settings.rejoins",
    }


async def test_two_lines_exchange_their_codes(runtime: Runtime, office: Office) -> None:
    def edit(document: dict[str, Any]) -> dict[str, Any]:
        document["lines"]["registry"]["letter"], document["lines"]["identity"]["letter"] = "B", "A"
        return document

    saved = await change_office(runtime, CARMEN, "centro", edit)
    assert {line.slug: line.letter for line in saved.office.lines} == {"registry": "B", "identity": "A"}


async def test_line_with_waiting_people_is_not_removed(runtime: Runtime, office: Office) -> None:
    await take_ticket(runtime, "centro", TicketRequest(service="documents"))
    with pytest.raises(Refused, match="line_in_use"):
        await change_office(runtime, CARMEN, "centro", without("lines", "registry"))
    assert len((await load(runtime)).lines) == 2


async def test_removed_line_keeps_old_tickets_and_returns(runtime: Runtime, office: Office) -> None:
    line = office.line("identity")
    saved = await change_office(runtime, CARMEN, "centro", without("lines", "identity"))
    assert [line.slug for line in saved.office.lines] == ["registry"]
    assert saved.office.line_by_id(line.id).names == line.names  # for tickets of yesterday
    back = await undo(runtime, saved)
    assert back.office.line("identity").id == line.id
    assert back.office.service("certificate").line_id == line.id


async def test_removed_desk_is_still_named_and_returns(runtime: Runtime, office: Office) -> None:
    desk = office.desks[3]
    saved = await change_office(runtime, CARMEN, "centro", without("desks", desk.name))
    assert len(saved.office.desks) == 3
    assert saved.office.desk(desk.id).name == desk.name
    back = await undo(runtime, saved)
    assert back.office.desks[3].id == desk.id


async def test_undo_is_refused_after_another_change(runtime: Runtime, office: Office) -> None:
    first = await change_office(runtime, CARMEN, "centro", set_minutes(25))
    await change_office(runtime, CARMEN, "centro", set_minutes(30))
    with pytest.raises(Conflict, match="changed_since"):
        await undo(runtime, first)


async def test_desk_is_renamed_with_its_tickets(runtime: Runtime, office: Office) -> None:
    saved = await rename_office_desk(runtime, CARMEN, "centro", "1", "Atención 1")
    assert saved.office.desk(office.desks[0].id).name == "Atención 1"
    with pytest.raises(Conflict, match="desk_taken"):
        await rename_office_desk(runtime, CARMEN, "centro", "2", "3")


async def test_preview_lists_appointments_that_no_longer_fit(runtime: Runtime, office: Office) -> None:
    def close_fridays(document: dict[str, Any]) -> dict[str, Any]:
        document["hours"]["friday"] = []
        return document

    await book_appointment(runtime, "centro", make_booking_request())
    async with runtime.read_session() as session:
        preview = await preview_office_change(session, "centro", close_fridays, runtime.now(), runtime.languages)
        unchanged = await preview_office_change(
            session, "centro", set_minutes(25), runtime.now(), runtime.languages
        )
    assert [change.path for change in preview.changes] == [("hours", "friday")]
    assert (len(preview.affected), len(unchanged.affected)) == (1, 0)
    assert (await load(runtime)).version == office.version


PLACE = {
    "name": "Oficina Sur",
    "address": "Calle Sur, 1",
    "town": "Getafe",
    "phone": "910 000 360",
    "listed": False,
}


async def test_copy_has_all_parts_and_nothing_of_the_building(runtime: Runtime) -> None:
    past, coming = "2026-11-02", "2026-12-25"
    source = {**OFFICE, "access": {"es": "Rampa"}, "closures": {past: "Fiesta", coming: "Navidad"}}
    await add_office(runtime, CARMEN, "este", source)
    saved = await copy_office(runtime, CARMEN, "este", "sur", PLACE)
    original, copy = office_to_document(await load(runtime, "este")), office_to_document(saved.office)
    own = {"name", "address", "town", "phone", "access", "listed", "closures"}
    assert {name: copy[name] for name in copy.keys() - own} == {name: original[name] for name in copy.keys() - own}
    assert (copy["closures"], copy["access"], copy["listed"]) == ({coming: "Navidad"}, {}, False)
    assert (copy["name"], copy["town"]) == ("Oficina Sur", "Getafe")
    assert not {desk.id for desk in saved.office.desks} & {desk.id for desk in (await load(runtime, "este")).desks}
    assert saved.entry_id is not None
    async with runtime.read_session() as session:
        entry = await audit_entry_by_id(session, saved.entry_id)
    assert entry is not None
    assert (entry.action, entry.office, (entry.after or {})["copy_of"]) == ("office.copied", "sur", OFFICE["name"])


async def test_copy_of_missing_or_taken_office_is_refused(runtime: Runtime, office: Office) -> None:
    with pytest.raises(NotFound):
        await copy_office(runtime, CARMEN, "nowhere", "sur", PLACE)
    with pytest.raises(Conflict, match="slug_taken"):
        await copy_office(runtime, CARMEN, "centro", "centro", PLACE)
    with pytest.raises(Invalid):
        await copy_office(runtime, CARMEN, "centro", "sur", {**PLACE, "name": ""})
