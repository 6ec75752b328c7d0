"""The city file: offices and organisation as TOML, read and written. No SQL, no files.

Values are checked later, office by office (queries/office_settings.py); here only the form of the file is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import tomli_w

from ...core.errors import FieldError, Invalid
from ...offices.domain.documents.field import MAX_SLUG, SLUG
from ...offices.domain.documents.office import OfficeDocument

# a city of 200 large offices has 2 MB; a larger file was chosen by mistake
MAX_FILE_BYTES = 4 << 20
MAX_OFFICES = 1_000
MAX_COLUMNS = 100  # of a line of the written file, as far as its texts allow
FILE_HEADER = "# A city of Office 360, written by `office360 city export` (docs/adopt.md).\n"
TABLES = ("site", "offices")
# Tables of an office that get a heading of their own, in the order of the file. Those of PART_TABLES have a
# heading for each of their keys.
PART_TABLES = ("lines", "services", "desks", "texts")
SETTING_TABLES = ("agenda", "settings")
HEADED_TABLES = ("hours", "closures", "extra_openings", "agenda", "targets")
_TOML_PLACE = re.compile(r"(?P<cause>.*) \(at (?P<place>line \d+, column \d+|end of document)\)", re.DOTALL)


class UnreadableCityFile(Exception):
    """The file is no TOML of the right form. The text says what is wrong, and where."""


@dataclass(frozen=True, slots=True)
class CityFile:
    """Unchecked content of a file: offices by slug in their order, and the organisation."""

    offices: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    site: Mapping[str, Any] | None = None


def parse_city(data: bytes) -> CityFile:
    """Parse a file.

    Raises UnreadableCityFile, Invalid for unknown tables and wrong names of offices.
    """
    source = _parse_toml(data)
    errors = [
        FieldError(name, "unexpected", {"known": ", ".join(TABLES)}) for name in source if name not in TABLES
    ]
    offices = source.get("offices", {})
    if not isinstance(offices, dict):
        errors.append(FieldError("offices", "wrong_type", {"kind": "table"}))
        offices = {}
    if len(offices) > MAX_OFFICES:
        errors.append(FieldError("offices", "too_many", {"max": MAX_OFFICES}))
    for slug, office in offices.items():
        if not isinstance(office, dict):
            errors.append(FieldError(f"offices.{slug}", "wrong_type", {"kind": "table"}))
        if not SLUG.fullmatch(slug) or len(slug) > MAX_SLUG:
            errors.append(FieldError(f"offices.{slug}", "not_a_slug"))
    site = source.get("site")
    if site is not None and not isinstance(site, dict):
        errors.append(FieldError("site", "wrong_type", {"kind": "table"}))
    if errors:
        raise Invalid(*errors)
    return CityFile(offices, site)


def _parse_toml(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableCityFile(f"it is larger than {MAX_FILE_BYTES >> 20} MB; a city file is a short text")
    try:
        return tomllib.loads(data.decode("utf-8-sig"))  # editors of Windows write a byte order mark
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UnreadableCityFile(f"line {line}: it is not UTF-8; save it as UTF-8") from None
    except RecursionError:
        raise UnreadableCityFile("its tables are nested too deeply") from None
    except ValueError as error:
        # TOMLDecodeError is a ValueError; so is that of a number with thousands of digits
        found = _TOML_PLACE.fullmatch(str(error))
        cause = found["cause"] if found else str(error).splitlines()[0]
        place = f"{found['place']}: " if found else ""
        raise UnreadableCityFile(f"{place}no TOML: {cause[:1].lower()}{cause[1:]}") from None


def format_city(offices: Mapping[str, OfficeDocument], site: Mapping[str, Any] | None = None) -> str:
    """Write documents as a file, without values that are the default.

    The same documents give the same text.
    """
    blocks = [FILE_HEADER]
    if site:
        blocks.append(_format_table(("site",), site))
    for slug, document in offices.items():
        blocks += _format_office(("offices", slug), compact_office(document))
    return "\n".join(blocks)


def compact_office(document: OfficeDocument) -> dict[str, Any]:
    """Return a document without empty values and defaults; `parse_office` fills them in again."""
    compact: dict[str, Any] = _without_empty(document)
    if document["listed"]:
        del compact["listed"]
    for slug, service in document["services"].items():
        kept = compact["services"][slug]
        kept["modes"] = service["modes"]  # required, also as an empty list
        if service["walk_in"] == ("in_person" in service["modes"]):
            del kept["walk_in"]
        if all(places == 1 for places in service["capacity"].values()):
            kept.pop("capacity", None)
    for kept in compact.get("desks", {}).values():
        for name in [name for name, value in kept.items() if value is False]:  # the default of its flags
            del kept[name]
    return compact


def _without_empty(table: Mapping[str, Any]) -> dict[str, Any]:
    inner = {
        # an empty setting of a service overrides that of its office
        name: _without_empty(value) if isinstance(value, Mapping) and name not in SETTING_TABLES else value
        for name, value in table.items()
    }
    return {name: value for name, value in inner.items() if value not in ("", [], {})}


def _format_office(path: tuple[str, ...], office: dict[str, Any]) -> Iterator[str]:
    """Write the tables of an office: its own values first, then parts and days."""
    inner = {name: office.pop(name) for name in (*PART_TABLES, *HEADED_TABLES, "choices") if name in office}
    yield _format_table(path, office)
    for name, table in inner.items():
        if name in HEADED_TABLES:
            yield _format_table((*path, name), table)
        else:
            for key, part in table.items():
                yield _format_table((*path, name, key), part)


def _format_table(path: Sequence[str], table: Mapping[str, Any]) -> str:
    lines = [line for name, value in table.items() for line in _format_value((name,), value)]
    return "\n".join([f"[{_dotted(path)}]", *lines, ""])


def _format_value(path: tuple[str, ...], value: Any) -> Iterator[str]:
    """Write a value on one line; a long table as dotted keys, a long list over several lines."""
    line = f"{_dotted(path)} = {_inline(value)}"
    if isinstance(value, str) and "\n" in value:
        yield f"{_dotted(path)} = {tomli_w.dumps({'x': value}, multiline_strings=True)[4:-1]}"
    elif len(line) <= MAX_COLUMNS or not isinstance(value, Mapping | list):
        yield line
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _format_value((*path, name), inner)
    else:
        yield f"{_dotted(path)} = ["
        yield from _wrapped(value)
        yield "]"


def _wrapped(values: Sequence[Any]) -> Iterator[str]:
    line = "   "
    for value in values:
        word = f" {_inline(value)},"
        if len(line + word) > MAX_COLUMNS and line.strip():
            yield line
            line = "   "
        line += word
    yield line


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_dotted((name,))} = {_inline(inner_value)}" for name, inner_value in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    return tomli_w.dumps({"x": value})[4:-1]  # "x = " before it, a line break after it


def _dotted(path: Sequence[str]) -> str:
    return ".".join(tomli_w.dumps({name: 0})[:-5] for name in path)  # " = 0" and a line break after it
