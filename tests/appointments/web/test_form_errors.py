"""Errors of all forms for citizens: in one round, and kept in the other language."""

from __future__ import annotations

import re
from html import unescape

import pytest
from office360.appointments.web import schemas
from office360.core.errors import Invalid
from office360.offices.service import Office

from ...conftest import AppServer
from ...notifications.support.channels import SMS_OFFERS
from ...support.office_fixture import build_office
from ..support.html_client import CitizenBrowser, HtmlPage, citizen_browser
from ..support.phone_mode import allow_phone
from ..support.requesters import AMINA
from .test_booking_pages import AT_9, FILLED, booking_path, open_details_page

DETAILS = booking_path(office="centro", service="certificate", mode="video", starts_at=AT_9)
# Address, id of the form, what is sent, and the fields whose errors one round names.
FORMS = (
    (DETAILS, "booking", {"name": "", "email": "amina", "phone": "12"}, "name email phone privacy_accepted"),
    ("/appointments/find", "find-form", {"locator": "", "contact": ""}, "locator contact"),
    ("/appointments/find", "lost-form", {"email": "amina"}, "email"),
    (
        "/waiting/new",
        "wait-form",
        {"service": "documents", "mode": "video", "email": ""},
        "mode email privacy_accepted",
    ),
    ("/o/centro", "appointment", {"locator": "", "contact": ""}, "locator contact"),
    ("/o/centro", "walk_in", {"email": "amina"}, "service email"),
    ("/o/centro/lost", "lost-form", {"code": "", "contact": ""}, "code contact"),
)

FORM_IDS = [f"{address.partition('?')[0]} {form}" for address, form, _sent, _fields in FORMS]


def summary(page: HtmlPage) -> dict[str, str]:
    """Return the links of the error summary: the words by the id that they lead to."""
    (block,) = re.findall(r'<div class="problems".*?</div>', page.html, re.S)
    return {target: unescape(words) for target, words in re.findall(r'<a href="#([\w-]+)">(.*?)</a>', block)}


def field_errors(page: HtmlPage) -> dict[str, str]:
    """Return the words at each field that has an error, by its id."""
    found = re.findall(r'class="error" id="([\w-]+)-error">.*?<span>(.*?)</span>', page.html, re.S)
    for name, _words in found:
        assert re.search(rf'aria-describedby="[^"]*\b{name}-error"', page.html), f"nothing refers to {name}-error"
    return {name: unescape(words) for name, words in found}


async def send_form(person: CitizenBrowser, address: str, form_id: str, sent: dict[str, str]) -> HtmlPage:
    page = await person.get(address)
    form = next(form for form in page.forms if form.id == form_id)
    return await person.post(form.action, form.filled_values(**sent))


async def press_language(person: CitizenBrowser, page: HtmlPage) -> HtmlPage:
    """Press the button of the other language, which sends the form along."""
    pattern = r'class="language plain" form="([\w-]+)" formaction="([^"]+)" name="(\w+)" value="(\w*)"'
    form_id, action, name, value = map(unescape, re.findall(pattern, page.html)[0])
    form = next(form for form in page.forms if form.id == form_id)
    return await person.post(action, [*form.values, (name, value)])


@pytest.mark.parametrize(("address", "form_id", "sent", "fields"), FORMS, ids=FORM_IDS)
async def test_one_round_shows_all_errors_in_both_languages(
    app_server: AppServer,
    address: str,
    form_id: str,
    sent: dict[str, str],
    fields: str,
) -> None:
    async with citizen_browser(app_server) as person:
        page = await send_form(person, address, form_id, sent)
        assert (page.status, " ".join(summary(page))) == (422, fields)
        assert field_errors(page) == summary(page)
        assert "<title>Error: " in page.html
        english = await press_language(person, page)
        assert (english.status, " ".join(summary(english))) == (422, fields)
        assert field_errors(english) == summary(english)
        assert not set(summary(english).values()) & set(summary(page).values())
        shown = next(form for form in english.forms if form.id == form_id)
        assert {name: shown.value(name) for name in sent if name != "service"} == {
            name: value for name, value in sent.items() if name != "service"
        }
        spanish = await press_language(person, english)
    assert summary(spanish) == summary(page)


def test_sms_number_is_checked_in_the_same_round() -> None:
    typed = {"office": "centro", "service": "certificate", "mode": "video", "starts_at": AT_9, "name": ""}
    wanted = {"email": AMINA["email"], "phone": "910 000 000", "channels": ["sms"], "privacy_accepted": False}
    with pytest.raises(Invalid) as refused:
        schemas.parse_booking_form(typed | wanted, SMS_OFFERS)
    found = [(error.field, error.code) for error in refused.value.fields]
    assert found == [("name", "name_required"), ("privacy_accepted", "must_accept"), ("phone", "phone_not_mobile")]


async def test_doubtful_email_is_asked_in_the_same_round(app_server: AppServer) -> None:
    sent = {"name": "", "email": "amina@gmial.com", "privacy_accepted": "1"}
    async with citizen_browser(app_server) as person:
        page = await send_form(person, DETAILS, "booking", sent)
        assert list(summary(page)) == ["name"]
        assert "¿Tu correo es amina@gmail.com?" in page.text
        english = await press_language(person, page)
    assert "Is your e-mail amina@gmail.com?" in english.text


async def test_move_names_missing_time_and_number_at_once(app_server: AppServer, office: Office) -> None:
    await allow_phone(app_server.runtime, office)
    async with citizen_browser(app_server) as person:
        visit = await person.send(await open_details_page(person), **FILLED)
        address = f"{visit.path.partition('?')[0]}/reschedule?mode=phone"
        form = (await person.get(address)).form
        page = await person.post(form.action, form.filled_values(starts_at=None, phone=""))
        assert (page.status, list(summary(page))) == (422, ["phone", "time-1"])
        assert set(field_errors(page).values()) == set(summary(page).values())
        english = await press_language(person, page)
    assert (english.status, list(summary(english))) == (422, ["phone", "time-1"])
    assert "Write your telephone" in english.text


@pytest.mark.parametrize("part", ["email", "phone"])
async def test_changed_contact_keeps_its_error_in_english(
    app_server: AppServer, office: Office, part: str
) -> None:
    await allow_phone(app_server.runtime, office)
    address = booking_path(office="centro", service="certificate", mode="phone", starts_at=AT_9)
    async with citizen_browser(app_server) as person:
        visit = await person.send(await person.get(address), phone="600 111 222", **FILLED)
        form = next((form for form in visit.forms if form.id == f"{part}-form"), None)
        assert form is not None
        page = await person.post(form.action, form.filled_values(**{part: "x"}))
        assert field_errors(page) == summary(page) != {}
        english = await press_language(person, page)
        shown = next(form for form in english.forms if form.id == f"{part}-form")
    assert (shown.value(part), list(summary(english))) == ("x", [part])
    assert summary(english) != summary(page)


async def test_unknown_locator_stays_unknown_in_english(app_server: AppServer) -> None:
    sent = {"locator": "7KQM2X9T", "contact": AMINA["email"]}
    async with citizen_browser(app_server) as person:
        page = await send_form(person, "/appointments/find", "find-form", sent)
        english = await press_language(person, page)
    assert (page.status, english.status) == (404, 404)
    assert "We cannot find an appointment with these details." in english.text
    assert next(form for form in english.forms if form.id == "find-form").value("locator") == "7KQM2X9T"


async def test_language_of_form_guesses_no_locator(app_server: AppServer) -> None:
    sent = {"locator": "7KQM2X9T", "contact": AMINA["email"]}
    async with citizen_browser(app_server) as person:
        page = await send_form(person, "/appointments/find", "find-form", sent)
        for _ in range(8):  # more than the limit of guesses
            page = await press_language(person, page)
    assert page.status == 404


async def test_duplicate_stays_a_duplicate_in_english(app_server: AppServer) -> None:
    async with citizen_browser(app_server) as person:
        await person.send(await open_details_page(person, AT_9.replace("09:00", "11:00")), **FILLED)
        page = await person.send(await open_details_page(person), **FILLED)
        english = await press_language(person, page)
    assert english.status == 409
    assert "You already have an appointment for this" in english.text
    assert any(link.startswith("/a/") for link in english.links)


STEPS: tuple[tuple[dict[str, str], str], ...] = (
    ({}, "office"),
    ({"office": "centro"}, "service"),
    ({"office": "centro", "service": "certificate"}, "mode"),
    ({"office": "centro", "service": "certificate", "mode": "video"}, "starts_at"),
)


@pytest.mark.parametrize(("known", "group"), STEPS, ids=[group for _known, group in STEPS])
async def test_group_without_choice_has_its_message(
    app_server: AppServer, known: dict[str, str], group: str
) -> None:
    await build_office(app_server.runtime, slug="norte", name="Oficina Norte", position=1)
    asked = "time" if group == "starts_at" else group
    async with citizen_browser(app_server) as person:
        page = await person.get(booking_path(**known, asked=asked))
        english = await person.get(booking_path(**known, asked=asked, lang="en"))
    for shown in (page, english):
        ((target, words),) = summary(shown).items()
        assert f'id="{target}"' in shown.html
        assert field_errors(shown) == {group: words}
        assert re.search(rf'<fieldset[^>]* aria-describedby="{group}-error"', shown.html)
    assert "<title>Error: " in page.html


async def test_mode_is_never_preselected(app_server: AppServer, office: Office) -> None:
    address = booking_path(office="centro", service="certificate")
    async with citizen_browser(app_server) as person:
        for phone in (False, True):
            if phone:
                await allow_phone(app_server.runtime, office)
            page = await person.get(address)
            assert page.form.value("mode") is None
            missing = await person.send(page)
            expected = (
                "Elige en persona, por videollamada o por teléfono"
                if phone
                else "Elige en persona o por videollamada"
            )
            assert list(summary(missing).values()) == [expected]
