"""Fixtures of message tests: templates, secret keys, e-mail writer, fake HTTP service."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from office360.core.i18n.catalogues import Catalogues
from office360.core.tokens import TokenSigner
from office360.notifications.email.writer import EmailWriter
from office360.offices.service import Site
from office360.server.app import FEATURE_FOLDERS, ROOT
from office360.server.web.static_files import StaticFolder
from office360.server.web.templates import JinjaRenderer

from .support.gateways import FakeHttpService, run_http_service
from .support.messages import SENDER, SITE


@pytest.fixture(scope="session")
def pages() -> JinjaRenderer:
    static = StaticFolder(ROOT / "static")
    renderer = JinjaRenderer(FEATURE_FOLDERS, Catalogues(FEATURE_FOLDERS), static)
    return renderer.with_site(lambda: Site(default_help_phone="900 000 360"))


@pytest.fixture
def tokens() -> TokenSigner:
    return TokenSigner(["a secret of the message tests, long enough"])


@pytest.fixture
def writer(pages: JinjaRenderer, tokens: TokenSigner) -> EmailWriter:
    return EmailWriter(pages, tokens, SITE, SENDER)


@pytest.fixture
async def provider() -> AsyncIterator[FakeHttpService]:
    """An SMS gateway or push service on loopback."""
    async with run_http_service() as service:
        yield service
