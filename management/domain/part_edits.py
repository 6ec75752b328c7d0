"""Edits of the parts of an office document: order, removal. The given document is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.errors import NotFound
from ...offices.domain.documents.office import OfficeDocument


def require_part(document: OfficeDocument, table: str, key: str) -> Mapping[str, Any]:
    """Return a line, service or desk. Raises NotFound."""
    if key not in document[table]:
        raise NotFound
    part: Mapping[str, Any] = document[table][key]
    return part


def move_part(document: OfficeDocument, table: str, key: str, places: int) -> OfficeDocument:
    """Move a service or desk up (-1) or down (1) by a place; at an end of the list it stays.

    Raises NotFound.
    """
    require_part(document, table, key)
    keys = list(document[table])
    place = keys.index(key)
    target = min(max(place + places, 0), len(keys) - 1)
    keys[place], keys[target] = keys[target], keys[place]
    return {**document, table: {key: document[table][key] for key in keys}}


def remove_part(document: OfficeDocument, table: str, key: str) -> OfficeDocument:
    """Remove a line, service or desk; desks no longer call a removed line. Raises NotFound."""
    require_part(document, table, key)
    changed = {**document, table: {name: part for name, part in document[table].items() if name != key}}
    if table == "lines":
        changed["desks"] = {
            name: {**desk, "lines": [line for line in desk["lines"] if line != key]}
            for name, desk in document["desks"].items()
        }
    return changed


def services_of_line(document: OfficeDocument, line: str) -> list[str]:
    """Return the services whose people wait in this line."""
    return [slug for slug, service in document["services"].items() if service["line"] == line]


def order_lines(places: Mapping[str, str | None]) -> list[str]:
    """Return the lines that have a place, the lowest first; equal places keep their order."""
    chosen = {line: int(place) for line, place in places.items() if place}
    return sorted(chosen, key=lambda line: chosen[line])


def add_line_to_desks(document: OfficeDocument, line: str) -> OfficeDocument:
    """Let every desk serve a line too, after the lines that it has."""
    desks = {
        name: {**desk, "lines": [*(kept for kept in desk["lines"] if kept != line), line]}
        for name, desk in document["desks"].items()
    }
    return {**document, "desks": desks}
