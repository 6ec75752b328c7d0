"""Static files: addresses, compression and caching, with and without bundles."""

from __future__ import annotations

import gzip
import re
from typing import Any

import brotli
import pytest
from office360.server.app import ROOT
from office360.server.bundling.manifest import BUILT_FOLDER

from ...conftest import AppServer

LOADER = "core/module_loader.js"
ADDRESS = f"/static/x/{LOADER}"


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("GZIP;q=0.5, br;q=0", "gzip"),
        ("br ; q=0.000, gzip;q=0", None),
        ("identity", None),
        ("", None),
    ],
)
async def test_file_is_compressed_as_accepted(app_server: AppServer, header: str, coding: str | None) -> None:
    decode: Any = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    headers = {"Accept-Encoding": header}
    async with app_server.client(auto_decompress=False) as client, client.get(ADDRESS, headers=headers) as answer:
        assert answer.headers.get("Content-Encoding") == coding
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert decode(await answer.read()) == (ROOT / BUILT_FOLDER / "static" / LOADER).read_bytes()


async def test_compressed_page_contains_its_styles(app_server: AppServer) -> None:
    async with app_server.client() as client:
        for path in ("/", "/?lang=en", "/chat", "/nowhere"):
            async with client.get(path) as page:
                html, policy = await page.text(), page.headers["Content-Security-Policy"]
            styles = re.findall(r'<style nonce="([^"]+)">(.+?)</style>', html, re.DOTALL)
            assert styles
            assert all(f"style-src 'self' 'nonce-{nonce}'" in policy for nonce, _ in styles)
            assert not any("sourceMappingURL" in text or "&#" in text for _, text in styles)
            assert 'rel="stylesheet"' not in html


async def test_page_with_typed_text_links_its_styles(app_server: AppServer) -> None:
    async with app_server.client() as client:
        for path in ("/?place=typed", "/appointments/new?office=centro", "/staff/"):
            async with client.get(path) as page:
                html = await page.text()
            assert "<style nonce" not in html
            for address in re.findall(r'rel="stylesheet" href="([^"]+)"', html):
                async with client.get(address) as sheet:
                    assert (sheet.status, sheet.content_type) == (200, "text/css")
