"""The calls about offices, as the API's document says them: one entry for each route of `api.py`."""

from __future__ import annotations

from typing import Literal

from ...core.web.openapi import Access, Answered, Many, Operation, Operations
from ...queue.service import response_schemas


class LineNow(Answered):
    """How many wait, and when somebody who comes now would be called."""

    slug: str
    name: str
    waiting: int
    eta: response_schemas.Eta | None


class Office(Answered):
    """An office, and how it is there now."""

    slug: str
    name: str
    address: str
    timezone: str
    open_now: bool
    paused: bool
    lines: list[LineNow]


class Service(Answered):
    """What an office does; `minutes` is how long it takes on average."""

    slug: str
    name: str
    line: str
    modes: list[Literal["in_person", "video"]]
    walk_in: bool
    minutes: int


OPERATIONS: Operations = {
    "GET /offices": Operation(
        "The offices, and how it is there now", Access.PUBLIC, {200: Many(Office)}, listed=True
    ),
    "GET /offices/{office}/services": Operation(
        "What an office does", Access.PUBLIC, {200: Many(Service)}, listed=True
    ),
}
