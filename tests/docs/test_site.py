"""The site of the documents and the printed handbook, as `make site` builds them."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

import pypdfium2
import pytest
from playwright.async_api import Browser

from ..conftest import skip_or_fail_tier
from ..e2e.support.axe import find_axe_violations, has_horizontal_overflow
from ..support.pictures.handbook_pictures import HANDBOOK_LANGUAGES

ROOT = Path(__file__).parents[2]
SOURCE = "https://forge.invalid/office360/blob/main"
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
LOADED_BY = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class PageLinks(HTMLParser):
    """Links, loaded files and anchors of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors.update(values[name] for name in ("id", "name") if name in values)
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in LOADED_BY and LOADED_BY[tag] in values:
            self.loaded.append(values[LOADED_BY[tag]])


def run_build(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "docs" / "site" / "build.py"), *options]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"SOURCE_FILES": SOURCE}
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, chromium_path: str) -> Path:
    """Return the folder with the site and the printed handbook."""
    if importlib.util.find_spec("sphinx") is None:
        skip_or_fail_tier("NO SPHINX IN THIS ENVIRONMENT: the site was not built (make site installs it)")
    out = tmp_path_factory.mktemp("built")
    done = run_build(ROOT, "--out", str(out))
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def pages(built: Path) -> dict[Path, PageLinks]:
    """Return what each page of the site links, loads and offers as anchors."""
    return {path: PageLinks(path.read_text()) for path in (built / "site").rglob("*.html")}


def test_site_has_a_page_for_each_document(built: Path) -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")]
    expected = [built / "site" / path.relative_to(ROOT).with_suffix(".html") for path in documents]
    assert [page for page in expected if not page.is_file()] == []


def test_links_within_the_site_lead_to_pages_and_anchors(pages: dict[Path, PageLinks]) -> None:
    broken = []
    for page, found in pages.items():
        for link in [*found.links, *found.loaded]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            is_missing = not target.is_file()
            if is_missing or (
                parts.fragment and target in pages and not has_anchor(pages[target], parts.fragment)
            ):
                broken.append(f"{page.name}: {link}")
    assert broken == []


def has_anchor(page: PageLinks, fragment: str) -> bool:
    return unquote(fragment) in page.anchors or fragment.startswith("svg-")


def test_pages_load_no_file_of_another_host(pages: dict[Path, PageLinks]) -> None:
    foreign = {file for page in pages.values() for file in page.loaded if urlsplit(file).netloc}
    assert foreign == set()


def test_links_to_code_lead_to_the_configured_source(pages: dict[Path, PageLinks], built: Path) -> None:
    flow = pages[built / "site" / "docs" / "architecture" / "call_to_phone.html"]
    paths = [link.removeprefix(f"{SOURCE}/") for link in flow.links if link.startswith(SOURCE)]
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).is_file()] == []


@contextmanager
def serve_folder(folder: Path) -> Iterator[str]:
    """Serve a folder over HTTP, and return its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without a line in the log for each request."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("camara", "handbook/es/video.html"),
        ("captions", "handbook/en/video.html"),
        ("reminders", "notifications.html"),
    ],
)
async def test_search_finds_a_page_without_another_host(
    built: Path, browser: Browser, words: str, page: str
) -> None:
    with serve_folder(built / "site") as address:
        context = await browser.new_context()
        window = await context.new_page()
        requested: set[str] = set()
        window.on("request", lambda request: requested.add(urlsplit(request.url).netloc))
        await window.goto(f"{address}/")
        await window.wait_for_url("**/docs/index.html")
        await window.locator(".sidebar-search").fill(words)
        await window.locator(".sidebar-search").press("Enter")
        await window.locator(f"#search-results a[href*='{page}']").first.wait_for()
        await context.close()
    assert requested == {urlsplit(address).netloc}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_are_accessible_on_desktop_and_phone(built: Path, browser: Browser, scheme: str) -> None:
    found = []
    with serve_folder(built / "site") as address:
        for width in (1280, 390):
            context = await browser.new_context(
                color_scheme=scheme,  # type: ignore[arg-type]
                viewport={"width": width, "height": 800},
            )
            window = await context.new_page()
            for page in ("docs/index", "docs/handbook/es/keys", "docs/install", "search"):
                await window.goto(f"{address}/{page}.html")
                found += [f"{page} {width}: {problem}" for problem in await find_axe_violations(window, WCAG)]
                assert not await has_horizontal_overflow(window), page
            await context.close()
    assert found == []


@pytest.mark.parametrize("language", HANDBOOK_LANGUAGES)
def test_printed_handbook_has_tags_bookmarks_and_a_title(built: Path, language: str) -> None:
    pages = [path.read_text() for path in (ROOT / "docs" / "handbook" / language).glob("*.md")]
    headings = [line.lstrip("# ") for text in pages for line in text.splitlines() if line.startswith("#")]
    with pypdfium2.PdfDocument(built / f"handbook-{language}.pdf") as document:
        assert pypdfium2.raw.FPDFCatalog_IsTagged(document)
        assert sorted(mark.get_title() for mark in document.get_toc()) == sorted(headings)
        assert document.get_metadata_value("Title") in headings
        first, last = (document[place].get_textpage().get_text_bounded() for place in (0, len(document) - 1))
        assert "Office 360" in first
        words = last.split()
        assert str(len(document)) in (words[0], words[-1])
        keys = (ROOT / "docs" / "handbook" / language / "keys.md").read_text()
        assert keys.partition("\n")[0].removeprefix("# ") in words  # all keys stand on one page
    assert f'href="../../../handbook-{language}.pdf"' in first_page_of_handbook(built, language)


def first_page_of_handbook(built: Path, language: str) -> str:
    return (built / "site" / "docs" / "handbook" / language / "README.html").read_text()


def test_spanish_pages_name_their_language(built: Path) -> None:
    assert 'lang="es"' in first_page_of_handbook(built, "es")
    assert 'lang="en"' in first_page_of_handbook(built, "en")


def test_words_of_the_site_follow_the_page_language(built: Path) -> None:
    words = (
        r"[>\"]\s*(Search|Next|Menu|Contents|On this page|Skip to content|Toggle [^<\"]*|Link to [^<\"]*)\s*[<\"]"
    )
    assert re.findall(words, first_page_of_handbook(built, "es")) == []
    assert len(set(re.findall(words, first_page_of_handbook(built, "en")))) > 7
    assert 'placeholder="Buscar"' in first_page_of_handbook(built, "es")


@pytest.mark.usefixtures("built")
def test_broken_link_fails_the_build(tmp_path: Path) -> None:
    for folder in ("docs/site", "docs/handbook", "docs/pictures", "static/core"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert run_build(tmp_path, "--handbook-only").returncode == 0
    with (tmp_path / "docs" / "handbook" / "en" / "keys.md").open("a") as file:
        file.write("\n[The desk](desk.md#no-such-heading)\n")
    done = run_build(tmp_path, "--handbook-only")
    assert done.returncode != 0
    assert "no-such-heading" in done.stderr
