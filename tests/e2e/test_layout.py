"""Layout of all pages in a full office: Spanish at five sizes, English at two.

`make test-all` looks at each language in all of them. Pages for staff are a walk of their own, as it can run
beside the other walk.
"""

from __future__ import annotations

import pytest
from office360.server.settings import Settings
from playwright.async_api import Browser

from ..conftest import FakeClock
from ..server.support import access_rows
from .support.layout_pages import NO_PAGES, page_states
from .support.layout_walk import AXE_LANGUAGE, open_layout_walk
from .support.visual_check import LAYOUT_SIZES, PUBLIC_SIZES, STAFF_SIZES

pytestmark = pytest.mark.e2e
each_language = pytest.mark.parametrize("language", ["es", "en"])


def test_every_page_route_has_its_states() -> None:
    rows = access_rows.parse_rows(access_rows.PAGES)
    routes = {row.removeprefix("GET ") for row in rows if row.startswith("GET ")}
    assert routes == page_states().keys() | set(NO_PAGES.split())


@pytest.fixture
def whole(request: pytest.FixtureRequest) -> bool:
    """Tell whether `make test-all` runs."""
    return bool(request.config.getoption("whole"))


@each_language
async def test_public_pages_and_closures_have_no_layout_flaw(
    settings: Settings, clock: FakeClock, browser: Browser, language: str, whole: bool
) -> None:
    sizes = LAYOUT_SIZES if whole else PUBLIC_SIZES[language]
    async with open_layout_walk(settings, clock, browser, language, sizes) as walk:
        await walk.check_addresses(signed_in=False)
        await walk.sign_in()
        await walk.occupy_desk()
        await walk.check_emergency_and_pause()
        await walk.check_evacuation()
        await walk.check_night()


@each_language
async def test_staff_pages_have_no_layout_flaw(
    settings: Settings, clock: FakeClock, browser: Browser, language: str, whole: bool
) -> None:
    sizes = LAYOUT_SIZES if whole else STAFF_SIZES[language]
    async with open_layout_walk(settings, clock, browser, language, sizes) as walk:
        await walk.sign_in()
        await walk.check_addresses(signed_in=True)
        await walk.check_desk()
        await walk.check_host()
        if language == AXE_LANGUAGE:
            await walk.check_sign_in_rules()
