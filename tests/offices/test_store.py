"""Offices as everybody reads them."""

from __future__ import annotations

import pytest
from office360.core.errors import NotFound
from office360.core.runtime import Runtime
from office360.offices.service import Office, all_offices, office_by_id, office_by_slug

from ..support.office_fixture import build_office


async def test_an_office_is_read_whole(office: Office) -> None:
    assert [line.letter for line in office.lines] == ["A", "B"]
    assert [service.slug for service in office.services] == ["documents", "certificate", "complaints"]
    assert office.desks[0].line_ids == tuple(office.line(slug).id for slug in ("registry", "identity"))
    assert office.service("certificate").name("en") == "Digital certificate"
    assert office.line_of(office.service("certificate")).slug == "identity"


async def test_a_text_that_is_missing_in_a_language_is_read_in_spanish(office: Office) -> None:
    assert office.line("registry").name("eu") == "Registro"


async def test_offices_keep_their_order_and_their_own_parts(runtime: Runtime, office: Office) -> None:
    await build_office(runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
    async with runtime.reading() as session:
        offices = await all_offices(session)
        by_id = await office_by_id(session, office.id)
    assert [one.slug for one in offices] == ["centro", "norte"]
    assert len(offices[1].desks) == 1
    assert by_id == office


async def test_an_unknown_office_is_not_found(runtime: Runtime, office: Office) -> None:
    async with runtime.reading() as session:
        with pytest.raises(NotFound):
            await office_by_slug(session, "sur")
    with pytest.raises(NotFound):
        office.service("passports")
