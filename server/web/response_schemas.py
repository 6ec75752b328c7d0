"""Models that serialise offices, their lines and services."""

from __future__ import annotations

from ...core.web.api_route import ApiResponse
from ...offices.service import ServiceMode
from ...queue.service import response_schemas as queue_schemas


class LineNow(ApiResponse):
    """How many people wait, and when a person who arrives now would be called.

    `refusal`: the code that refuses a ticket without an appointment now; null if a ticket is given. `lasts_today`:
    it is no use to ask again today.
    """

    slug: str
    name: str
    waiting: int
    stopped: bool
    refusal: str | None
    lasts_today: bool
    eta: queue_schemas.Eta | None


class Office(ApiResponse):
    """An office, and its current state."""

    slug: str
    name: str
    address: str
    timezone: str
    open_now: bool
    paused: bool
    evacuation: bool
    lines: list[LineNow]


class Service(ApiResponse):
    """A service of an office; `minutes` is its average duration.

    `refusal`: the code that refuses a ticket without an appointment now; null if a ticket is given. `lasts_today`:
    it is no use to ask again today.
    """

    slug: str
    name: str
    line: str
    modes: list[ServiceMode]
    walk_in: bool
    minutes: int
    refusal: str | None
    lasts_today: bool
