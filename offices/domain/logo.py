"""Cleaning of an uploaded logo, in time that grows with its size only. Pure.

A PNG is encoded again. An SVG is rebuilt from allowed parts: it has neither scripts nor styles nor references to
other files. The rules of its style sheet become attributes, which PDF programs understand, too.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from ...core.errors import FieldError, Invalid

PNG_TYPE, SVG_TYPE = "image/png", "image/svg+xml"
MAX_LOGO_BYTES = 1_000_000  # of an uploaded file
MAX_SVG_BYTES = 200_000  # of the cleaned picture: a phone loads it once for all pages
MAX_PIXELS = 20_000_000  # decoded in memory, 80 MB
MAX_PNG_SIZE = (1_000, 500)  # of the kept picture: enough for a poster, and small in an e-mail
MAX_ELEMENTS = 4_000
MAX_DEPTH = 40
MAX_SELECTORS = 4_000  # of the style sheets
MAX_STYLE_CHARACTERS = 300  # of a value, which each element with its selector gets
# the parser writes it before the name of each element
MAX_NAMESPACE_CHARACTERS = 200
# width ÷ height; a longer logo is a line of dots in the head of a page
MAX_RATIO = 12

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SVG_NAMESPACE = "http://www.w3.org/2000/svg"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"

_SHAPES = {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "use"}
_ELEMENTS = _SHAPES | {
    "svg", "g", "defs", "symbol", "title", "desc", "tspan", "linearGradient", "radialGradient", "stop", "clipPath",
    "mask",
}  # fmt: skip
_WITH_TEXT = {"title", "desc", "text", "tspan"}
_STYLES = {
    "clip-path", "clip-rule", "color", "display", "fill", "fill-opacity", "fill-rule", "font-family", "font-size",
    "font-style", "font-weight", "letter-spacing", "mask", "opacity", "stop-color", "stop-opacity", "stroke",
    "stroke-dasharray", "stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit",
    "stroke-opacity", "stroke-width", "text-anchor", "visibility",
}  # fmt: skip
_ATTRIBUTES = _STYLES | {
    "id", "d", "points", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "dx", "dy",
    "width", "height", "viewBox", "preserveAspectRatio", "transform", "offset", "gradientUnits",
    "gradientTransform", "spreadMethod", "clipPathUnits", "maskUnits", "maskContentUnits", "href",
}  # fmt: skip
_VIEW_BOX = re.compile(rb'viewBox="([^"]+)"')
_NAME = r"[A-Za-z_][\w.-]*"
_OWN_REFERENCE = re.compile(rf"#{_NAME}")
_OWN_URL = re.compile(rf"""url\(\s*['"]?(#{_NAME})['"]?\s*\)""")
_FORBIDDEN_IN_VALUE = re.compile(r"[\\:<>{}@]|url\s*\(|expression|/\*", re.IGNORECASE)
# Each pattern is linear: it has one way to match, and an open comment ends with the sheet (CSS Syntax 4.3.2).
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_SELECTOR = re.compile(rf"(?P<element>[A-Za-z]+)?(?P<marked>[.#]{_NAME})?")


@dataclass(frozen=True, slots=True)
class Logo:
    """A cleaned picture. `digest` names its content in addresses."""

    content: bytes
    media_type: str
    digest: str

    @classmethod
    def from_content(cls, content: bytes, media_type: str) -> Logo:
        return cls(content, media_type, hashlib.sha256(content).hexdigest()[:12])

    @property
    def aspect_ratio(self) -> float:
        """Return width ÷ height of a cleaned picture."""
        if self.media_type == PNG_TYPE:
            pixels = _png_size(self.content)
            return pixels[0] / pixels[1]
        *_, width, height = map(float, _VIEW_BOX.search(self.content)[1].split())  # type: ignore[index]
        return float(width / height)


def clean_logo(upload: bytes) -> Logo:
    """Return the picture without parts that could run or load. Raises Invalid for `logo`.

    Decoding a PNG takes up to a second, so the event loop calls this in a thread.
    """
    if not upload:
        raise _invalid("required")
    if len(upload) > MAX_LOGO_BYTES:
        raise _invalid("logo_too_large", max=f"{MAX_LOGO_BYTES // 1_000} kB")
    if upload.startswith(_PNG_SIGNATURE):
        return Logo.from_content(_clean_png(upload), PNG_TYPE)
    if b"<svg" in upload[:20_000] or b":svg" in upload[:20_000]:
        return Logo.from_content(_clean_svg(upload), SVG_TYPE)
    raise _invalid("logo_type")


def _invalid(code: str, **params: object) -> Invalid:
    return Invalid(FieldError("logo", code, params))


# PNG


def _clean_png(upload: bytes) -> bytes:
    """Decode and encode the pixels again: no metadata, no bytes after the picture."""
    # imported late: no other request needs its 10 MB
    from PIL import Image

    _check_pixels(*_png_size(upload))
    try:
        with Image.open(io.BytesIO(upload), formats=["PNG"]) as picture:
            _check_pixels(*picture.size)  # a later header may have changed it
            pixels = picture.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError):
        raise _invalid("logo_broken") from None
    pixels.thumbnail(MAX_PNG_SIZE)
    output = io.BytesIO()
    Image.frombytes("RGBA", pixels.size, pixels.tobytes()).save(output, "PNG", optimize=True)
    return output.getvalue()


def _png_size(content: bytes) -> tuple[int, int]:
    """Read the size from the header, the first chunk (PNG specification section 11.2.2)."""
    if content[12:16] != b"IHDR" or len(content) < 24:
        raise _invalid("logo_broken")
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _check_pixels(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _invalid("logo_too_large", max=f"{MAX_PIXELS // 1_000_000} Mpx")
    _check_ratio(width, height)


def _check_ratio(width: float, height: float) -> None:
    if not (width > 0 and height > 0) or not 1 / MAX_RATIO <= width / height <= MAX_RATIO:
        raise _invalid("logo_shape", max=MAX_RATIO)


# SVG


def _clean_svg(upload: bytes) -> bytes:
    root = _parse_svg(upload)
    cleaned = _copy_element(root, _style_rules(root))
    assert cleaned is not None
    cleaned.attrib = {"xmlns": _SVG_NAMESPACE, "viewBox": _view_box(root)} | {
        name: value
        for name, value in cleaned.attrib.items()
        if name not in {"width", "height", "x", "y", "viewBox"}
    }
    _drop_nested_uses(cleaned)
    if not any(element.tag in _SHAPES for element in cleaned.iter()):
        raise _invalid("logo_empty")
    content: bytes = ElementTree.tostring(cleaned, encoding="utf-8")
    if len(content) > MAX_SVG_BYTES:
        raise _invalid("logo_too_large", max=f"{MAX_SVG_BYTES // 1_000} kB")
    return content


class _BoundedBuilder(TreeBuilder):
    """Builds a tree of few elements without depth. Raises Invalid while it is parsed."""

    def __init__(self) -> None:
        super().__init__()
        self._elements = self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._elements += 1
        self._depth += 1
        if self._elements > MAX_ELEMENTS or self._depth > MAX_DEPTH:
            raise _invalid("logo_too_large", max=MAX_ELEMENTS)
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)

    def start_ns(self, prefix: str, uri: str) -> None:
        if len(uri) > MAX_NAMESPACE_CHARACTERS:
            raise _invalid("logo_too_large", max=MAX_NAMESPACE_CHARACTERS)


def _parse_svg(upload: bytes) -> Element:
    """Parse an SVG in linear time. Raises Invalid."""
    parser = DefusedXMLParser(
        target=_BoundedBuilder(), forbid_dtd=False, forbid_entities=True, forbid_external=True
    )
    parser.parser.StartDoctypeDeclHandler = _refuse_definitions
    try:
        parser.feed(upload)
        root: Element = parser.close()
    except DefusedXmlException:
        raise _invalid("logo_entities") from None
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError):
        raise _invalid("logo_broken") from None
    if _local_name(root) != "svg":
        raise _invalid("logo_broken")
    return root


def _refuse_definitions(name: str, system_id: str | None, public_id: str | None, has_definitions: int) -> None:
    """Refuse definitions in a DOCTYPE: default attributes would be copied for each element."""
    if has_definitions:
        raise _invalid("logo_entities")


def _local_name(element: Element) -> str:
    """Return the name of an SVG element; empty for other namespaces and for comments."""
    if not isinstance(element.tag, str):
        return ""
    namespace, _, name = element.tag.rpartition("}")
    return name if namespace in ("", "{" + _SVG_NAMESPACE) else ""


def _view_box(root: Element) -> str:
    """Return the drawn area, from the width and height if it is not given."""
    numbers = _numbers(root.get("viewBox", "").replace(",", " "))
    if len(numbers) != 4:
        size = _numbers(f"{_without_unit(root.get('width', ''))} {_without_unit(root.get('height', ''))}")
        numbers = [0.0, 0.0, *size] if len(size) == 2 else []
    if not numbers:
        raise _invalid("logo_no_size")
    _check_ratio(numbers[2], numbers[3])
    return " ".join(f"{number:g}" for number in numbers)


def _without_unit(length: str) -> str:
    return length.strip().removesuffix("px")


def _numbers(text: str) -> list[float]:
    """Return the finite numbers of a text; an empty list if a part is none."""
    try:
        numbers = [float(part) for part in text.split()]
    except ValueError:
        return []
    return numbers if all(abs(number) < 1e7 for number in numbers) else []


def _copy_element(element: Element, rules: Mapping[str, Mapping[str, str]]) -> Element | None:
    """Copy an allowed element with its allowed attributes and children; None for another."""
    name = _local_name(element)
    if name not in _ELEMENTS:
        return None
    copy = Element(name, dict(_allowed_attributes(element, name, rules)))
    if name == "use" and "href" not in copy.attrib:
        return None
    if name in _WITH_TEXT:
        copy.text = element.text
    for child in element:
        if (copied := _copy_element(child, rules)) is not None:
            copied.tail = child.tail if name in _WITH_TEXT else None
            copy.append(copied)
    return copy


def _allowed_attributes(
    element: Element, name: str, rules: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield the attributes. Styles count more than attributes, as in a browser."""
    identifier, classes = element.get("id", ""), element.get("class", "").split()
    selectors = [name, *(f".{class_}" for class_ in classes), f"#{identifier}"]
    styles: dict[str, str] = {}
    for selector in selectors:
        styles |= rules.get(selector, {})
    styles |= _declarations(element.get("style", ""))
    for key, value in element.attrib.items():
        attribute = "href" if key == _XLINK_HREF else key
        if attribute in styles or attribute not in _ATTRIBUTES:
            continue
        if (kept := _allowed_value(attribute, value.strip())) is not None:
            yield attribute, kept
    yield from styles.items()


def _allowed_value(name: str, value: str) -> str | None:
    """Return the value if it refers to nothing outside of the picture."""
    if name == "href":
        return value if _OWN_REFERENCE.fullmatch(value) else None
    if name == "id":
        return value if re.fullmatch(_NAME, value) else None
    if found := _OWN_URL.match(value):
        return f"url({found[1]})"
    return None if _FORBIDDEN_IN_VALUE.search(value) else value


def _style_rules(root: Element) -> dict[str, dict[str, str]]:
    """Return the style sheets' declarations by selector: an element, a class or an id."""
    rules: dict[str, dict[str, str]] = {}
    count = 0
    for element in root.iter():
        if _local_name(element) != "style" or not element.text:
            continue
        for rule in _COMMENT.sub("", element.text).split("}")[:-1]:
            head, _, body = rule.rpartition("{")
            declarations = _declarations(body)
            selectors = head.rpartition("{")[2].split(",")
            count += len(selectors)
            if count > MAX_SELECTORS:
                raise _invalid("logo_too_large", max=MAX_SELECTORS)
            for selector in selectors:
                if simple := _simple_selector(selector.strip()):
                    rules.setdefault(simple, {}).update(declarations)
    return rules


def _simple_selector(selector: str) -> str:
    """Return `.class`, `#id` or an element's name; empty for other selectors."""
    found = _SELECTOR.fullmatch(selector)
    return (found["marked"] or found["element"] or "") if found else ""


def _declarations(text: str) -> dict[str, str]:
    """Return the allowed styles of a rule or a `style` attribute."""
    styles: dict[str, str] = {}
    for name, _, value in (part.partition(":") for part in text.split(";")):
        name, value = name.strip().lower(), value.replace("!important", "").strip()
        if name not in _STYLES or len(value) > MAX_STYLE_CHARACTERS:
            continue
        if (kept := _allowed_value(name, value)) is not None:
            styles[name] = kept
    return styles


def _drop_nested_uses(root: Element) -> None:
    """Drop each nested `use`: a few levels would draw millions of copies."""
    using = {
        f"#{element.get('id')}"
        for element in root.iter()
        if element.get("id") and any(inner.tag == "use" for inner in element.iter())
    }
    for parent in list(root.iter()):
        parent[:] = [child for child in parent if child.tag != "use" or child.get("href") not in using]
