"""The link to the source code in the footers, which the licence asks for."""

from __future__ import annotations

import pytest
from office360.offices.service import Office
from office360.server.settings import Settings, SettingsError, load_settings

from ..conftest import AppServer, FakeClock, serve_app

SOURCE_URL = "https://git.example.org/office360"
PAGES = ("/", "/turn", "/staff/")


async def _footer(server: AppServer, path: str, language: str) -> str:
    async with server.client() as client, client.get(path, params={"lang": language}) as page:
        return (await page.text()).partition("<footer")[2].partition("</footer>")[0]


@pytest.mark.parametrize("path", PAGES)
async def test_footer_links_source_code_of_setting(
    settings: Settings, clock: FakeClock, office: Office, path: str
) -> None:
    async with serve_app(settings.model_copy(update={"source_url": SOURCE_URL}), clock) as server:
        for language, text in (("es", "Código fuente · EUPL-1.2"), ("en", "Source code · EUPL-1.2")):
            footer = await _footer(server, path, language)
            assert f'<a href="{SOURCE_URL}" rel="external license">{text}</a>' in footer


@pytest.mark.parametrize("path", PAGES)
async def test_footer_without_setting_names_licence(app_server: AppServer, path: str) -> None:
    footer = await _footer(app_server, path, "es")
    assert "<span>Office 360 · EUPL-1.2</span>" in footer
    assert "href" not in footer.partition("/privacy")[2].partition(">")[2]


def test_source_url_must_be_https() -> None:
    with pytest.raises(SettingsError):
        load_settings(environment="development", secret_key=["s" * 40], source_url="http://git.example.org/o")
