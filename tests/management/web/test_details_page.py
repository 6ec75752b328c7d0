"""Name and place of an office: review, save, two managers, wrong values, roles, undo."""

from __future__ import annotations

import pytest
from office360.offices.service import office_by_slug

from ...conftest import AppServer
from ..conftest import SignIn
from ..support.console_forms import form_named, send_form

DETAILS = "/staff/manage/o/centro/details"


async def office_name(server: AppServer) -> str:
    async with server.runtime.read_session() as session:
        return (await office_by_slug(session, "centro")).name


async def test_change_is_reviewed_saved_and_undone(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(DETAILS)
        review = await send_form(carmen, page, "review", name="Oficina del Centro")
        assert "Oficina Centro" in review.text
        assert await office_name(managers) == "Oficina Centro"
        saved = await send_form(carmen, review, "save")
        assert "Saved" in saved.text
        assert await office_name(managers) == "Oficina del Centro"
        undone = await carmen.send(saved, "/undo")
        assert (undone.status, await office_name(managers)) == (200, "Oficina Centro")


async def test_facts_for_citizens_are_shown_on_the_office_page(managers: AppServer, sign_in_as: SignIn) -> None:
    service = "/staff/manage/o/centro/services/documents"
    async with sign_in_as("carmen") as carmen:
        facts = {
            "parking__es": "No tiene",
            "transport__es": "Metro, línea 5",
            "phone_hours__es": "de 9:00 a 14:00",
        }
        assert "Saved" in (await send_form(carmen, await carmen.get(DETAILS), "save", **facts)).text
        assert "Saved" in (await send_form(carmen, await carmen.get(service), "save", price__es="12 euros")).text
        page = (await carmen.get("/o/centro?lang=es")).text
        for text in ("No tiene", "Metro, línea 5", "de 9:00 a 14:00", "12 euros"):
            assert text in page
        assert "Price: 12 euros." in (await carmen.get("/appointments/new?office=centro&lang=en")).text


async def test_confirmation_loses_its_undo_with_the_next_change(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        saved = await send_form(carmen, await carmen.get(DETAILS), "save", name="Oficina del Centro")
        assert [form.action for form in saved.forms if form.action.endswith("/undo")]
        await send_form(carmen, await carmen.get(DETAILS), "save", name="Oficina de la Plaza")
        again = await carmen.get(saved.path)
        assert "Saved" in again.text
        assert [form.action for form in again.forms if form.action.endswith("/undo")] == []


async def test_change_is_undone_from_the_audit(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        await send_form(carmen, await carmen.get(DETAILS), "save", name="Oficina del Centro")
        audit = await carmen.get("/staff/manage/audit")
        first = next(form.action for form in audit.forms if form.action.endswith("/undo"))
        undone = await carmen.send(audit, "/undo")
        assert ("Saved" in undone.text, await office_name(managers)) == (True, "Oficina Centro")
        audit = await carmen.get("/staff/manage/audit")
        assert [first in form.action for form in audit.forms if form.action.endswith("/undo")] == [False]
        again = await carmen.post(first, [("csrf", form_named(audit, "csrf")["csrf"])])
        assert again.status == 409  # the value is no longer that which this entry wrote
        assert await office_name(managers) == "Oficina Centro"


async def test_review_can_be_left_with_typed_values(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        review = await send_form(carmen, await carmen.get(DETAILS), "review", name="Otro nombre")
        edit = await send_form(carmen, review, "edit")
        assert form_named(edit, "loaded")["name"] == "Otro nombre"
        same = await send_form(carmen, await carmen.get(DETAILS), "review")
        assert "Nothing changes" in same.text


@pytest.mark.parametrize("step", ["review", "save"])
async def test_wrong_values_are_named_and_kept(managers: AppServer, sign_in_as: SignIn, step: str) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await send_form(
            carmen, await carmen.get(DETAILS), step, name="", timezone="Madrid", phone="call us"
        )
        assert page.status == 422
        assert 'id="timezone-error"' in page.html
        assert 'id="phone-error"' in page.html
        assert form_named(page, "loaded")["timezone"] == "Madrid"
        assert await office_name(managers) == "Oficina Centro"


async def test_second_manager_sees_first_change_and_loses_nothing(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen, sign_in_as("elena") as elena:
        theirs = await carmen.get(DETAILS)
        await send_form(elena, await elena.get(DETAILS), "save", name="Oficina Nueva", town="Getafe")
        page = await send_form(carmen, theirs, "save", name="Oficina Mayor")
        assert page.status == 409
        assert "Oficina Nueva" in page.text
        values = form_named(page, "loaded")
        assert (values["name"], values["town"]) == ("Oficina Mayor", "Getafe")
        assert await office_name(managers) == "Oficina Nueva"
        await send_form(carmen, page, "save")
        assert await office_name(managers) == "Oficina Mayor"


async def test_other_managers_and_agents_are_refused(managers: AppServer, sign_in_as: SignIn) -> None:
    for username in ("diego", "boris"):
        async with sign_in_as(username) as browser:
            assert (await browser.get(DETAILS)).status == 403


async def test_forged_base_of_form_is_refused(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(DETAILS)
        assert (await send_form(carmen, page, "save", loaded="[1")).status == 400
