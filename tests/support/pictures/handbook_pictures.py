"""Pictures of the handbook for `make document-pictures`, the same in each language.

Elements are found by their attributes, because their words differ.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from office360.appointments import service as appointments
from office360.offices.service import office_by_slug
from playwright.async_api import Page

from .screenshots import HOST, OFFICE, sign_in

if TYPE_CHECKING:
    from .document_pictures import PictureStudio

HANDBOOK = Path(__file__).parents[3] / "docs" / "handbook"
HANDBOOK_LANGUAGES = sorted(path.name for path in HANDBOOK.iterdir())
SIZE = (1024, 768)  # the smallest on which every button of a console is in sight
CALL_SIZE = (1280, 800)  # the panel is beside the picture
HAS_AGE = re.compile(r"Live, |En directo, hace")


def picture_name(state: str, language: str) -> str:
    """Return the file name of a state in a language."""
    return f"handbook-{state}-{language}.png"


async def take_desk(studio: PictureStudio, *names: str) -> None:
    """Take an agent who chooses a desk, pauses it, serves a person, and closes the desk."""
    for language in HANDBOOK_LANGUAGES:
        async with studio.page(SIZE) as page:
            await sign_in(studio.demo, page)
            await page.goto(f"/staff/desk?office={OFFICE}&lang={language}")
            await page.locator("input[name=desk]:not([disabled])").last.check()
            await studio.take(page, picture_name("choose", language))
            await page.locator("form[action='/staff/desk/open'] button").click()
            await page.locator("main[data-module='staff/desk/desk_console']").wait_for()
            await page.get_by_text(HAS_AGE).wait_for()  # a press before the page's script is lost
            await studio.take(page, picture_name("free", language))
            await page.locator("[data-opens=pause-desk]").click()
            await studio.take(page, picture_name("pause", language))
            await page.keyboard.press("Escape")
            await page.locator("[data-action=call-next]").click()
            await page.locator("[data-when=called] [data-action=recall]").wait_for()
            await page.locator("[data-panel=now] > .acts > [data-action=start]").click()
            await page.locator("[data-action=finish]").wait_for()
            await page.mouse.move(0, 0)
            await studio.take(page, picture_name("serving", language))
            await page.locator("[data-action=finish]").click()
            await page.locator("[data-action=call-next]").wait_for()
            await _close_desk(page)


async def _close_desk(page: Page) -> None:
    close = page.locator("form[action='/staff/desk/close'] button")
    if not await close.is_visible():
        await page.locator(".menu-button").click()
    await close.click()
    await page.locator("input[name=desk]").first.wait_for()


async def take_entrance(studio: PictureStudio, *names: str) -> None:
    """Take the console of the entrance and its dialogs, which are not confirmed."""
    for language in HANDBOOK_LANGUAGES:
        async with studio.page(SIZE) as page:
            await sign_in(studio.demo, page, HOST)
            await page.goto(f"/staff/host?office={OFFICE}&lang={language}")
            await page.get_by_text(HAS_AGE).wait_for()
            await studio.take(page, picture_name("host", language))
            for state, opener in {
                "person": ".person button",
                "give": ".pick",
                "evacuate": "[data-opens=evacuate]",
            }.items():
                await page.locator(opener).first.click()
                await page.locator("dialog[open]").wait_for()
                await page.mouse.move(0, 0)
                await studio.take(page, picture_name(state, language))
                await page.keyboard.press("Escape")


async def take_telephone(studio: PictureStudio, *names: str) -> None:
    """Take the page of an appointment by telephone that can be called now."""
    appointment = (await _due_appointments(studio, "phone"))[0]
    for language in HANDBOOK_LANGUAGES:
        async with studio.page(SIZE) as page:
            await sign_in(studio.demo, page)
            await page.goto(f"/staff/calls/{appointment.id}?lang={language}")
            await page.locator("[name=step][value=call]").wait_for()
            await studio.take(page, picture_name("phone", language))


async def take_video(studio: PictureStudio, *names: str) -> None:
    """Take the agent's side of a call: the lobby, then the call, each in every language."""
    appointment = (await _due_appointments(studio, "video"))[-1]  # another than that of the call of README
    token = appointments.appointment_token(studio.runtime, appointment)
    async with studio.page(CALL_SIZE) as citizen, studio.page(CALL_SIZE) as agent:
        await citizen.goto(f"/a/{token}/room")
        await citizen.locator("[data-join] button:not([disabled])").click()
        await citizen.locator("[data-slot=lobby_title]").wait_for()
        await sign_in(studio.demo, agent)
        await agent.goto(f"/staff/rooms/{appointment.id}")
        await agent.locator("[data-slot=after_button]").click()  # "Start now"; a reload does not ask again
        for language in HANDBOOK_LANGUAGES:
            await agent.goto(f"/staff/rooms/{appointment.id}?lang={language}")
            await agent.locator("[data-guests] [data-do=admit]").wait_for()
            await studio.take(agent, picture_name("lobby", language))
        await agent.locator("[data-guests] [data-do=admit]").click()
        for language in HANDBOOK_LANGUAGES:
            await agent.goto(f"/staff/rooms/{appointment.id}?lang={language}")
            await _wait_for_pictures(agent)
            if await agent.locator("#tab-person").is_hidden():
                await agent.locator("[data-do=panel]").first.click()
            await agent.locator("#tab-person").click()
            await agent.wait_for_timeout(2_500)  # until the notices of the beginning are gone
            await studio.take(agent, picture_name("call", language))


async def _wait_for_pictures(page: Page) -> None:
    while not await page.evaluate(
        "[...document.querySelectorAll('[data-tiles] video')].every((video) => video.videoWidth)"
        " && document.querySelectorAll('[data-tiles] video').length > 1"
    ):
        await page.wait_for_timeout(100)


async def _due_appointments(studio: PictureStudio, mode: str) -> list[appointments.Appointment]:
    now, soon = studio.runtime.now(), timedelta(minutes=15)
    async with studio.runtime.read_session() as session:
        office = await office_by_slug(session, OFFICE)
        due = await appointments.appointments_of_day(session, office.id, now - soon, now + soon, mode)
    return [booked for booked in due if booked.state == "confirmed"]


def _names(*states: str) -> tuple[str, ...]:
    return tuple(picture_name(state, language) for language in HANDBOOK_LANGUAGES for state in states)


PICTURES: Mapping[Callable[..., Awaitable[None]], tuple[str, ...]] = {
    take_entrance: _names("host", "person", "give", "evacuate"),
    take_desk: _names("choose", "free", "pause", "serving"),
    take_telephone: _names("phone"),
}
CALLS: Mapping[Callable[..., Awaitable[None]], tuple[str, ...]] = {take_video: _names("lobby", "call")}
