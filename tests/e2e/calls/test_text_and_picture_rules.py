"""Pure browser modules of a call, without a server: links, T.140, pictures, speaker."""

from __future__ import annotations

import mimetypes
from collections.abc import AsyncIterator
from typing import Any

import pytest
from office360.server.app import ROOT
from playwright.async_api import Browser, Page, Route

pytestmark = pytest.mark.e2e

SITE = "http://modules.test/"
STATIC = ROOT / "static"


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """An empty page whose site serves the static files."""
    context = await browser.new_context()

    async def fulfil(route: Route) -> None:
        path = STATIC / route.request.url.removeprefix(SITE)
        if path.is_file():
            await route.fulfill(body=path.read_bytes(), content_type=mimetypes.guess_type(path.name)[0])
        else:
            await route.fulfill(body="<!doctype html>", content_type="text/html")

    await context.route(f"{SITE}**", fulfil)
    page = await context.new_page()
    await page.goto(SITE)
    yield page
    await context.close()


async def evaluate_module(page: Page, module: str, expression: str) -> Any:
    return await page.evaluate(f"import('/rooms/{module}.js').then((module) => {{ {expression} }})")


async def test_only_honest_web_addresses_become_links(page: Page) -> None:
    lines = {
        "Mira https://sede.example.org/a?b=1. Gracias": ["https://sede.example.org/a?b=1"],
        "(https://example.org/DNI_(Centro))": ["https://example.org/DNI_(Centro)"],
        "https://example.org y http://example.net/x": ["https://example.org/", "http://example.net/x"],
        "https://sede.example.org@evil.example.net/": [],
        "https://\u0430\u0440\u0440le.example": [],  # Cyrillic letters
        "javascript:alert(1) data:text/html,x sede.example.org": [],
        "https://example.org/\u202egpj.exe": ["https://example.org/"],
    }
    found = {
        line: await page.evaluate(
            "(line) => import('/rooms/text/linked_text.js').then(({ linkParts }) =>"
            " { const parts = linkParts(line); return [parts.map(({ text }) => text).join(''),"
            " parts.flatMap(({ href }) => href ?? [])]; })",
            line,
        )
        for line in lines
    }
    assert found == {line: [line, links] for line, links in lines.items()}


async def test_t140_block_rebuilds_edited_line(page: Page) -> None:
    """ITU-T T.140: an erasure removes one seen character; U+2028 ends a line."""
    steps = await evaluate_module(
        page,
        "text/t140",
        r"""
        const writer = new module.T140Writer(), reader = new module.T140Reader();
        const seen = ["Hola", "Hola \u{1F468}\u200D\u{1F469}\u200D\u{1F467}", "Hola, e\u0301l"].map((line) => {
          writer.write(line);
          reader.read(writer.take());
          return reader.line === line;
        });
        writer.finish("Hola.");
        const finished = reader.read(writer.take());
        const foreign = reader.read("\uFEFFbu\u0007\u001Baenos\r\nd\u009B1mías\u2028");
        writer.write("x".repeat(400));
        return { seen, finished, foreign, burst: writer.take().length <= 300 };
        """,
    )
    assert steps == {
        "seen": [True, True, True],
        "finished": ["Hola."],
        "foreign": ["buenos", "días"],
        "burst": True,
    }


async def test_picture_is_whole_beyond_a_quarter_cropped(page: Page) -> None:
    phone, desk = {"width": 366, "height": 530}, {"width": 830, "height": 560}
    wide, upright = {"width": 1280, "height": 720}, {"width": 480, "height": 640}
    fits = [
        await page.evaluate(
            "([picture, box, whole]) =>"
            " import('/rooms/tiles/tile_layout.js').then(({ fitFor }) => fitFor(picture, box, whole))",
            [picture, box, whole],
        )
        for picture, box, whole in [
            (wide, phone, False),  # 61 % of the width would be cut off
            (upright, phone, False),
            (wide, desk, False),
            (wide, desk, True),
            (upright, desk, False),
            ({"width": 0, "height": 0}, desk, False),  # before the first frame
        ]
    ]
    assert fits == ["contain", "cover", "cover", "contain", "contain", "cover"]


async def test_interpreter_or_speaker_is_large(page: Page) -> None:
    large = await evaluate_module(
        page,
        "tiles/tile_layout",
        """
        const amina = { id: "amina", role: "citizen" }, boris = { id: "boris", role: "agent" };
        const irene = { id: "irene", role: "interpreter" }, carmen = { id: "carmen", role: "agent", screen: true };
        const none = { pinned: "", speaker: "", signs: false };
        const pick = (people, wishes) => module.largePerson(people, { ...none, ...wishes });
        return [
          pick([amina, boris], { speaker: "boris" }),
          pick([boris, amina], {}),
          pick([amina, boris, irene], { speaker: "boris" }),
          pick([amina, irene, carmen], {}),
          pick([amina, irene, carmen], { signs: true, speaker: "carmen" }),
          pick([boris, amina], { signs: true, speaker: "boris" }),
          pick([amina, boris, irene], { signs: true, pinned: "boris" }),
        ];
        """,
    )
    assert large == ["boris", "amina", "irene", "carmen", "irene", "amina", "boris"]


async def test_four_people_fit_landscape_phone(page: Page) -> None:
    """Keep the large picture large, and the smaller pictures at least 100 pixels high."""
    for width, height in ((744, 330), (744, 270), (366, 560), (830, 560)):
        made = await page.evaluate(
            "(box) => import('/rooms/tiles/tile_layout.js').then(({ arrangeTiles }) =>"
            " arrangeTiles(box, 2, { width: 640, height: 480 }))",
            {"width": width, "height": height},
        )
        across = made["strip"] == "beside"
        places = 2.6 if made["ownInStrip"] else 2
        smaller = (made["size"], height / places) if across else (width / places, made["size"])
        assert min(smaller[0] * 3 / 4, smaller[1]) >= 100, (width, height, made)
        large = (width - made["size"], height) if across else (width, height - made["size"])
        alone = min(width, height * 4 / 3)
        assert min(large[0], large[1] * 4 / 3) >= 0.7 * alone, (width, height, made)


async def test_speaker_changes_after_sustained_speech_only(page: Page) -> None:
    said = await evaluate_module(
        page,
        "tiles/active_speaker",
        """
        const speaking = new module.ActiveSpeaker();
        const heard = (at, a, b) => speaking.update(new Map([["a", a], ["b", b]]), at);
        const first = [heard(0, 0.2, 0), heard(1000, 0.2, 0)];
        heard(5000, 0, 0.3);
        const cough = [heard(5250, 0, 0), heard(6000, 0, 0.3)];
        return [...first, ...cough, heard(6800, 0, 0.3), heard(7000, 0.2, 0), heard(8000, 0.2, 0)];
        """,
    )
    assert said == ["", "a", "a", "a", "b", "b", "b"]
