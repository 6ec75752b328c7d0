"""The page of the monthly figures by e-mail: opt in, preview, test, off."""

from __future__ import annotations

from office360.management.actions.figure_mails import TESTS_AT_ONCE
from office360.offices.service import Office

from ....conftest import AppServer
from ...actions.test_figure_mails import EMAIL, set_email, written_mails
from ...conftest import SignIn

PATH = "/staff/manage/figures/mail"


async def test_manager_turns_it_on_tests_it_and_turns_it_off(
    managers: AppServer, office: Office, sign_in_as: SignIn
) -> None:
    await set_email(managers.runtime, "carmen")
    async with sign_in_as("carmen") as browser:
        page = await browser.send(await browser.get(PATH), PATH, offices="centro", language="en")
        assert f"The next one goes to {EMAIL} on Tuesday 1 December." in page.text
        preview = await browser.get(f"{PATH}/preview?office=centro&language=en")
        assert "Figures of October" in preview.html
        assert "/n/" in preview.html
        assert "sandbox" in preview.headers["Content-Security-Policy"]
        for _ in range(TESTS_AT_ONCE):
            assert (await browser.send(page, f"{PATH}/now")).status == 200
        assert (await browser.send(page, f"{PATH}/now")).status == 429
        assert [mail.recipient for mail in await written_mails(managers.runtime)] == [EMAIL] * TESTS_AT_ONCE
        off = await browser.send(page, f"{PATH}/off")
        assert "You get no more monthly figures" in off.text


async def test_office_of_another_manager_is_refused(
    managers: AppServer, office: Office, sign_in_as: SignIn
) -> None:
    await set_email(managers.runtime, "carmen")
    async with sign_in_as("carmen") as browser:
        page = await browser.get(PATH)
        assert (await browser.send(page, PATH, offices="norte", language="en")).status == 422
        none = await browser.send(page, PATH, offices=None, language="en")
        assert "Choose at least one office." in none.text
        assert (await browser.get(f"{PATH}/preview?office=norte&language=en")).status == 422


async def test_account_without_email_is_told_so(managers: AppServer, office: Office, sign_in_as: SignIn) -> None:
    async with sign_in_as("diego") as browser:
        page = await browser.get(PATH)
        assert "Your account has no e-mail" in page.text
        assert (await browser.send(page, PATH, offices="norte", language="en")).status == 409
