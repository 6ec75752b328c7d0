"""Settings of lines, agenda and services: words, units, defaults, errors, overrides."""

from __future__ import annotations

from typing import Any

from office360.offices.service import attribute_names, office_by_slug, office_to_document
from office360.queue.service import LineSettings

from ...appointments.support.html_client import CitizenBrowser, HtmlPage
from ...conftest import AppServer
from ..conftest import SignIn
from ..support.console_forms import form_named, send_form

SETTINGS = "/staff/manage/o/centro/settings"
LINE = f"{SETTINGS}/lines/registry"
AGENDA = f"{SETTINGS}/agenda"
SERVICE = f"{SETTINGS}/services/documents"


async def document(server: AppServer) -> dict[str, Any]:
    async with server.runtime.read_session() as session:
        return office_to_document(await office_by_slug(session, "centro"))


async def send(browser: CitizenBrowser, path: str, step: str = "save", **typed: str | None) -> HtmlPage:
    """Type values into the form of a page and press a button. Dots of a name are written `__`."""
    page = await browser.get(path)
    values = form_named(page, "loaded")
    for name, value in typed.items():
        field = name.replace("__", ".")
        if value is None:
            values.pop(field, None)
        else:
            values[field] = value
    return await browser.post(path, [*values.items(), ("step", step)])


async def test_line_page_shows_default_bounds_and_example(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(LINE)
        assert "Default: 10 min · from 0 min to 120 min" in page.text
        assert "an appointment at 10:00 that arrives after 10:10 counts as late" in page.text
        for name in attribute_names(LineSettings).values():
            assert f'name="{name}"' in page.html


async def test_line_setting_is_typed_in_minutes_and_undone(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        review = await send(carmen, LINE, "review", guard_wait="60")
        assert "default: 45 min" in review.text
        assert "60 min" in review.text
        saved = await send_form(carmen, review, "save")
        assert (await document(managers))["lines"]["registry"]["settings"] == {"guard_wait": 3600}
        assert "60 min not 45 min" in (await carmen.get(SETTINGS)).text
        await carmen.send(saved, "/undo")
        assert (await document(managers))["lines"]["registry"]["settings"] == {}


async def test_empty_value_and_button_go_back_to_default(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        await send(carmen, LINE, guard_calls="3", recall_after="90", missed_after="240")
        page = await send(carmen, LINE, "reset:recall_after")
        values = form_named(page, "loaded")
        assert (values["recall_after"], values["guard_calls"]) == ("", "3")
        await send_form(carmen, page, "save")
        stored = (await document(managers))["lines"]["registry"]["settings"]
        assert stored == {"guard_calls": 3, "missed_after": 240}
        page = await send(carmen, LINE, "reset")
        await send_form(carmen, page, "save")
        assert (await document(managers))["lines"]["registry"]["settings"] == {}


async def test_seconds_that_are_no_whole_minutes_are_kept(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        await send(carmen, LINE, on_time_until="100", on_time_until__unit="seconds")
        page = await carmen.get(LINE)
        values = form_named(page, "loaded")
        assert (values["on_time_until"], values["on_time_until.unit"]) == ("100", "seconds")
        assert "Nothing changes" in (await send_form(carmen, page, "review")).text


WRONG_LINE_SETTINGS = (
    ({"on_time_until": "121"}, "on_time_until", "Write a value from 0 min to 120 min."),
    ({"rejoins": "--6"}, "rejoins", "Enter a number."),
    ({"recall_after": "1.5"}, "recall_after", "Enter a number."),
    (
        {"on_time_until": "45"},
        "on_time_until",
        "Write at most 30 min, because of “The host decides about an appointment after”.",
    ),
)


async def test_wrong_line_setting_is_kept_with_its_error(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        for typed, field, sentence in WRONG_LINE_SETTINGS:
            page = await send(carmen, LINE, **typed)
            assert page.status == 422
            assert sentence in page.text
            assert f'id="{field}-error"' in page.html
            assert form_named(page, "loaded")[field] == typed[field]
        assert (await document(managers))["lines"]["registry"]["settings"] == {}


async def test_agenda_is_typed_in_sensible_units(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        review = await send(
            carmen,
            AGENDA,
            "review",
            lead="2",
            lead__unit="days",
            horizon_days="30",
            verify_email="yes",
            release="0",
            release__days="20",
            reminders__late__off="1",
            reminders__day_at="19:30",
            internal__video="2",
            starts_every="15",
        )
        for words in ("2 days", "30 days", "Each Monday", "20 days", "off", "19:30"):
            assert words in review.text
        assert "Appointments that are booked stay." in review.text
        saved = await send_form(carmen, review, "save")
        assert saved.status == 200
        assert (await document(managers))["agenda"] == {
            "lead": 2880,
            "horizon_days": 30,
            "verify_email": True,
            "internal": {"video": 2},
            "step": 15,
            "release": {"days": 20, "weekday": 0},
            "reminders": {"day_at": "19:30", "late": False},
        }
        page = await carmen.get(AGENDA)
        values = form_named(page, "loaded")
        assert (values["lead"], values["lead.unit"], values["release"]) == ("2", "days", "0")
        assert values["reminders.late.off"] == "1"
        assert "Nothing changes" in (await send_form(carmen, page, "review")).text
        page = await send(carmen, AGENDA, "reset:release")
        assert form_named(page, "loaded")["release.days"] == ""
        await carmen.send(saved, "/undo")
        assert (await document(managers))["agenda"] == {}


WRONG_AGENDAS: tuple[tuple[dict[str, str], str, str], ...] = (
    ({"release__days": "5"}, "release", "Choose one of the options."),
    ({"release": "daily"}, "release-days", "Fill this in."),
    (
        {"release": "daily", "release__days": "5", "release__at": "nine"},
        "release-at",
        "Write a time of day, such as 18:00.",
    ),
    ({"horizon_days": "63"}, "horizon_days", "Write a value from 0 days to 62 days."),
    (
        {"horizon_days": "1", "lead": "3", "lead__unit": "days"},
        "lead",
        "Write at most 2 days, because of “How far ahead people can book”.",
    ),
    ({"reminders__days": "40"}, "reminders-days", "Write a value from 1 day to 30 days."),
)


async def test_wrong_agenda_is_refused_beside_its_field(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        for typed, field, sentence in WRONG_AGENDAS:
            page = await send(carmen, AGENDA, **typed)
            assert page.status == 422
            assert f'id="{field}-error"' in page.html
            assert sentence in page.text
        assert (await document(managers))["agenda"] == {}


async def test_service_overrides_single_values_of_office(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        await send(carmen, AGENDA, buffer_after="10", release="daily", release__days="7", reminders__minutes="30")
        page = await carmen.get(SERVICE)
        assert "As the office: 10 min" in page.text
        await send(carmen, SERVICE, lead="3", lead__unit="hours", release="no", internal__in_person="1")
        stored = (await document(managers))["services"]["documents"]["agenda"]
        assert stored["lead"] == 180
        assert stored["release"] is False
        assert stored["internal"]["in_person"] == 1
        overview = await carmen.get(SETTINGS)
        assert "3 h not 30 min" in overview.text
        assert "not limited not Each day" in overview.text
        await send_form(carmen, await send(carmen, SERVICE, "reset"), "save")
        assert (await document(managers))["services"]["documents"]["agenda"] == {}


async def test_office_change_that_breaks_a_service_names_it(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        await send(carmen, SERVICE, lead="20", lead__unit="days")
        page = await send(carmen, AGENDA, horizon_days="5")
        assert page.status == 422
        assert "Service documents, Shortest time between booking and visit" in page.text


async def test_second_manager_of_settings_loses_nothing(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen, sign_in_as("elena") as elena:
        theirs = await carmen.get(LINE)
        await send(elena, LINE, rejoin_within="30")
        page = await send_form(carmen, theirs, "save", postpone_by="5")
        assert page.status == 409
        assert "Time to come back after a missed call is now: 30 min" in page.text
        values = form_named(page, "loaded")
        assert (values["postpone_by"], values["rejoin_within"]) == ("5", "30")


async def test_settings_are_refused_to_other_roles_and_offices(managers: AppServer, sign_in_as: SignIn) -> None:
    for username in ("diego", "boris"):
        async with sign_in_as(username) as browser:
            for path in (SETTINGS, LINE, AGENDA, SERVICE):
                assert (await browser.get(path)).status == 403
    async with sign_in_as("carmen") as carmen:
        for path in (f"{SETTINGS}/lines/nothing", f"{SETTINGS}/services/nothing"):
            assert (await carmen.get(path)).status == 404


async def test_pages_are_in_spanish_too(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen", "es") as carmen:
        page = await carmen.get(LINE)
        assert "una cita a las 10:00 que llega después de las 10:10 cuenta como tarde" in page.text
