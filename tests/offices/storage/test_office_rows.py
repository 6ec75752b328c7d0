"""Offices loaded from SQL."""

from __future__ import annotations

import pytest
from office360.core.errors import NotFound
from office360.core.runtime import Runtime
from office360.offices.service import Office, all_offices, office_by_id, office_by_slug

from ...support.office_fixture import build_office


async def test_office_is_loaded_with_all_its_parts(office: Office) -> None:
    assert [line.letter for line in office.lines] == ["A", "B"]
    assert [service.slug for service in office.services] == ["documents", "certificate", "complaints"]
    assert office.desks[0].line_ids == tuple(office.line(slug).id for slug in ("registry", "identity"))
    assert office.service("certificate").name("en") == "Digital certificate"
    assert office.line_for_service(office.service("certificate")).slug == "identity"


async def test_missing_translation_falls_back_to_spanish(office: Office) -> None:
    assert office.line("registry").name("eu") == "Registro"


async def test_offices_keep_their_order_and_parts(runtime: Runtime, office: Office) -> None:
    await build_office(runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
    async with runtime.read_session() as session:
        offices = await all_offices(session)
        by_id = await office_by_id(session, office.id)
    assert [office.slug for office in offices] == ["centro", "norte"]
    assert len(offices[1].desks) == 1
    assert by_id == office


async def test_unknown_office_is_not_found(runtime: Runtime, office: Office) -> None:
    async with runtime.read_session() as session:
        with pytest.raises(NotFound):
            await office_by_slug(session, "sur")
    with pytest.raises(NotFound):
        office.service("passports")
