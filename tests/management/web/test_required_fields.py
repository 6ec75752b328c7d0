"""Marks of required fields in the consoles, compared with the checks of empty forms."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from office360.offices.service import office_by_slug

from ...appointments.support.html_client import CitizenBrowser, HtmlForm, HtmlPage
from ...conftest import AppServer
from ..conftest import SignIn

MANAGE = "/staff/manage"
CENTRO = "/staff/manage/o/centro"
# Pages with a form, and a field that only this form has; `{desk}` and `{carmen}` are ids.
FORMS: Mapping[str, str] = {
    f"{MANAGE}/offices/new": "address",
    f"{CENTRO}/details": "address",
    f"{CENTRO}/lines/new": "names.es",
    f"{CENTRO}/lines/registry": "names.es",
    f"{CENTRO}/services/new": "names.es",
    f"{CENTRO}/services/documents": "names.es",
    f"{CENTRO}/desks/new": "way.es",
    f"{CENTRO}/desks/{{desk}}": "way.es",
    f"{CENTRO}/desks/{{desk}}/rename": "name",
    f"{CENTRO}/hours/closures": "reason",
    f"{CENTRO}/hours/extra": "day",
    f"{CENTRO}/settings/texts/new": "title.es",
    f"{CENTRO}/targets": "wait_p90_min",
    f"{MANAGE}/people/invite": "username",
    f"{MANAGE}/people/{{carmen}}": "email",
    f"{MANAGE}/people/groups/new": "group",
    f"{MANAGE}/keys/new": "key_id",
    f"{MANAGE}/screens": "name",
    f"{MANAGE}/look/organisation": "names.es",
    f"{MANAGE}/look/colours": "primary_colour",
    f"{MANAGE}/look/law": "controller_name",
    "/staff/account/password": "old",
    "/staff/host/centro/cancel": "date",
}
KEPT = ("csrf", "step", "loaded", "key_id", "office")  # hidden fields and lists that have no empty choice
MARKED = re.compile(r'<(?:input|select|textarea) id="([^"]+)"[^>]*?(?:aria-required="true"|\srequired\b)')
MARKED_GROUP = re.compile(r'<fieldset[^>]*? id="([^"]+)"[^>]*? data-required')
WRONG = re.compile(r'id="([^"]+)-error"')


def marked_fields(page: HtmlPage, form: HtmlForm) -> set[str]:
    own = {name.replace(".", "-") for name, _ in [*form.values, *form.options]}
    groups = {name for name in MARKED_GROUP.findall(page.html) if any(field.startswith(name) for field in own)}
    return groups | {name for name in MARKED.findall(page.html) if name in own}


async def send_empty(browser: CitizenBrowser, page: HtmlPage, form: HtmlForm) -> HtmlPage:
    kept = [(name, value) for name, value in form.values if name in KEPT]
    texts = [(name, "") for name, value in form.values if (name, value) not in kept]
    chosen = {name for name, _ in form.options}
    sent = [*kept, *(pair for pair in texts if pair[0] not in chosen)]
    return await browser.post(form.action or page.path, [*sent, ("step", "save")])


@pytest.mark.parametrize("path", FORMS)
async def test_marks_agree_with_the_check(managers: AppServer, sign_in_as: SignIn, path: str) -> None:
    async with managers.runtime.read_session() as session:
        desk = (await office_by_slug(session, "centro")).desks[0].id
    async with sign_in_as("elena") as elena:
        people = await elena.get(f"{MANAGE}/people")
        carmen = re.findall(r'/staff/manage/people/([^"]+)">Carmen', people.html)[0]
        page = await elena.get(path.format(desk=desk, carmen=carmen))
        assert page.status == 200
        form = next(form for form in page.forms if form.value(FORMS[path]) is not None)
        answer = await send_empty(elena, page, form)
        marked = marked_fields(page, form)
        assert marked == set(WRONG.findall(answer.html))
        assert answer.status == (422 if marked else 200)
        assert bool(marked) == ("Fields with * must be filled in." in page.text)
