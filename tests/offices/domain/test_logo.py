"""Cleaning of logos: attacks in SVG and PNG, and pictures that design programs export."""

from __future__ import annotations

import io
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from xml.etree import ElementTree

import pytest
from office360.core.errors import Invalid
from office360.offices.domain.logo import MAX_LOGO_BYTES, MAX_PNG_SIZE, Logo, clean_logo
from PIL import Image, PngImagePlugin

XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
SQUARE = '<path d="M1 1h8v8h-8z" fill="#8B1E3F"/>'


def svg(inside: str, attributes: str = 'viewBox="0 0 20 10"', before: str = "") -> bytes:
    return f'{before}<svg xmlns="http://www.w3.org/2000/svg" {XLINK} {attributes}>{inside}</svg>'.encode()


def png(size: tuple[int, int] = (40, 20), **options: object) -> bytes:
    output = io.BytesIO()
    Image.new("RGBA", size, (139, 30, 63, 128)).save(output, "PNG", **options)
    return output.getvalue()


def png_head(width: int, height: int) -> bytes:
    """Return a PNG that declares a size, and has no pixels."""
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x06\0\0\0" + bytes(12)


def refusal(upload: bytes) -> str:
    with pytest.raises(Invalid) as refused:
        clean_logo(upload)
    (error,) = refused.value.fields
    assert error.field == "logo"
    return error.code


TRACES = ("attacker", "alert", "script", "onload", "onclick", "iframe", "data:", "import", "<style", "animate")
ATTACKS = {
    "script": "<script>alert(1)</script>",
    "script of another site": '<script href="https://attacker.example/x.js"/>',
    "script in a namespace": '<x:script xmlns:x="http://www.w3.org/2000/svg">alert(1)</x:script>',
    "event handler": '<rect onload="alert(1)" onclick="alert(1)" width="1" height="1"/>',
    "html": '<foreignObject><iframe src="//attacker.example"/></foreignObject>',
    "javascript link": '<a xlink:href="javascript:alert(1)"><rect width="1" height="1"/></a>',
    "external picture": '<image xlink:href="https://attacker.example/pixel.png" width="9" height="9"/>',
    "embedded picture": '<image href="data:image/svg+xml;base64,PHN2Zy8+" width="9" height="9"/>',
    "external use": '<use xlink:href="https://attacker.example/x.svg#a"/>',
    "external fill": '<rect width="1" height="1" fill="url(https://attacker.example/x.svg#a)"/>',
    "external style": "<style>@import url(//attacker.example); rect { fill: url(//attacker.example) }</style>",
    "escaped style": '<rect width="1" height="1" style="fill: u\\72l(https://attacker.example)"/>',
    "animation": '<set attributeName="href" to="javascript:alert(1)"/><animate values="javascript:alert(1)"/>',
    "instruction": '<?xml-stylesheet href="https://attacker.example/x.css"?>',
    "handler by namespace": '<rect xmlns:ev="http://www.w3.org/2001/xml-events" ev:event="onload" width="1"/>',
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_cleaned_svg_neither_runs_nor_loads(attack: str) -> None:
    cleaned = clean_logo(svg(attack + SQUARE, 'viewBox="0 0 20 10" onload="alert(1)"')).content.decode()
    assert 'fill="#8B1E3F"' in cleaned
    for trace in TRACES:
        assert trace not in cleaned


@pytest.mark.parametrize(
    "before",
    [
        '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE svg [<!ENTITY file SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE svg [<!ENTITY % more SYSTEM "https://attacker.example/x.dtd"> %more;]>',
    ],
)
def test_svg_with_entities_is_refused(before: str) -> None:
    assert refusal(svg(SQUARE, before=before)) == "logo_entities"


def test_doctype_with_default_attributes_is_refused() -> None:
    values = "".join(f'<!ATTLIST path a{number} CDATA "x">' for number in range(9))  # multiplied by the elements
    assert refusal(svg(SQUARE, before=f"<!DOCTYPE svg [{values}]>")) == "logo_entities"


def test_long_namespace_is_refused() -> None:
    start = svg(SQUARE * 9, f'viewBox="0 0 20 10" xmlns:a="urn:{"x" * 1_000}"')  # copied for each element
    assert refusal(start) == "logo_too_large"


def style(rules: str) -> str:
    return f"<style>{rules}</style>"


HOSTILE: dict[str, Callable[[int], str]] = {
    "open comments": lambda size: "/*" * (size // 2),
    "rules without brace": lambda size: "a" * size,
    "long selector": lambda size: "a" * size + "!{fill:red}",
    "selectors and declarations": lambda size: ",".join("a" * (size // 4)) + "{" + "fill:1;" * (size // 14) + "}",
}
SMALL, GROWTH = 2_000, 16  # bytes; 16 times as many are 256 times the work if it is quadratic


def cleaning_s(upload: bytes) -> float:
    """Return the processor time of a cleaning, the least of three."""
    times = []
    for _ in range(3):
        began = time.thread_time()
        with suppress(Invalid):
            clean_logo(upload)
        times.append(time.thread_time() - began)
    return min(times)


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_cleaning_grows_with_the_size_only(hostile: Callable[[int], str]) -> None:
    small, large = (cleaning_s(svg(style(hostile(size)) + SQUARE)) for size in (SMALL, SMALL * GROWTH))
    assert large < small * GROWTH * 4


def test_styles_are_bounded_in_number_and_length() -> None:
    assert refusal(svg(style("a{fill:red}" * 5_000) + SQUARE)) == "logo_too_large"
    long = "x" * 1_000  # copied for each element
    cleaned = clean_logo(svg(style(f"path{{stroke:{long};opacity:.5}}") + SQUARE)).content
    assert cleaned.count(b"x") < 100
    assert b'opacity=".5"' in cleaned


def test_doctype_of_drawing_programs_is_dropped() -> None:
    doctype = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    cleaned = clean_logo(svg(SQUARE, before=f'<?xml version="1.0"?>{doctype}<!-- made by a program -->')).content
    assert cleaned.startswith(b"<svg")


def test_style_sheet_becomes_attributes() -> None:
    rules = "/* a */ .a, path { fill: #8B1E3F } #b{stroke:red;stroke-width:2;behavior:url(x)} .a .c{fill:red}"
    cleaned = clean_logo(
        svg(f'<style>{rules}</style><path class="a" id="b" style="opacity: .5" d="M1 1h8z"/>')
    ).content
    path = ElementTree.fromstring(cleaned)[0]
    assert {**path.attrib} == {
        "id": "b",
        "d": "M1 1h8z",
        "fill": "#8B1E3F",
        "stroke": "red",
        "stroke-width": "2",
        "opacity": ".5",
    }


def test_gradients_and_own_references_stay() -> None:
    inside = (
        '<defs><linearGradient id="g"><stop offset="0" stop-color="#fff"/></linearGradient>'
        '<path id="p" d="M1 1h8z"/></defs>'
        '<use xlink:href="#p" fill="url(#g)"/>'
    )
    cleaned = clean_logo(svg(inside)).content.decode()
    assert 'fill="url(#g)"' in cleaned
    assert 'href="#p"' in cleaned


def test_nested_uses_are_dropped() -> None:
    levels = "".join(
        f'<g id="g{number}"><use href="#g{number + 1}"/><use href="#g{number + 1}"/></g>' for number in range(20)
    )
    cleaned = clean_logo(svg(f'{levels}<g id="g20">{SQUARE}</g>')).content.decode()
    assert cleaned.count("<use") == 2  # of the last level, which uses nothing


def test_missing_view_box_follows_from_the_size() -> None:
    logo = clean_logo(svg(SQUARE, 'width="30px" height="10"'))
    assert b'viewBox="0 0 30 10"' in logo.content
    assert logo.aspect_ratio == 3


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (b"", "required"),
        (b"GIF89a", "logo_type"),
        (b"<html><body>no</body></html>", "logo_type"),
        (b"\x89PNG\r\n\x1a\n broken", "logo_broken"),
        (b"<svg", "logo_broken"),
        (svg(SQUARE, ""), "logo_no_size"),
        (svg(SQUARE, 'viewBox="0 0 nan 10"'), "logo_no_size"),
        (svg(SQUARE, 'viewBox="0 0 200 10"'), "logo_shape"),
        (svg('<image href="x.png"/>'), "logo_empty"),
        (svg("<g>" * 60 + SQUARE + "</g>" * 60), "logo_too_large"),
        (svg(SQUARE * 5_000), "logo_too_large"),
        (svg(f'<path d="{"M1 1" * 60_000}"/>'), "logo_too_large"),
        (b"x" * (MAX_LOGO_BYTES + 1), "logo_too_large"),
        (png((300, 10)), "logo_shape"),
        (png((6_000, 4_000)), "logo_too_large"),
        (png_head(50_000, 50_000), "logo_too_large"),
    ],
)
def test_unusable_file_is_refused_with_its_reason(upload: bytes, code: str) -> None:
    assert refusal(upload) == code


def test_png_loses_metadata_and_trailing_bytes() -> None:
    note = PngImagePlugin.PngInfo()
    note.add_text("Author", "a person at home")
    note.add_itxt("XML:com.adobe.xmp", "<script>")
    logo = clean_logo(png(pnginfo=note) + b"<script>alert(1)</script>")
    assert b"person" not in logo.content
    assert b"script" not in logo.content
    with Image.open(io.BytesIO(logo.content)) as kept:
        assert kept.size == (40, 20)
        assert kept.info == {}
        assert kept.getpixel((1, 1)) == (139, 30, 63, 128)


def test_large_png_is_made_smaller() -> None:
    logo = clean_logo(png((2_400, 600)))
    with Image.open(io.BytesIO(logo.content)) as kept:
        assert kept.size == (MAX_PNG_SIZE[0], 250)
    assert logo.aspect_ratio == 4


def test_same_content_has_the_same_digest() -> None:
    assert clean_logo(png()) == clean_logo(png())
    assert Logo.from_content(b"a", "image/png").digest != Logo.from_content(b"b", "image/png").digest
