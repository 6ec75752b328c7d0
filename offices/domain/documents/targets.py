"""Targets of an office: the figures that it wants to reach. Pure.

An office has none until a manager sets them.

How a figure is judged by its target: figures/domain/target_verdict.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ....core.i18n.catalogues import N_
from .field import Number, TableReader, field

WAIT_P90_MIN = "wait_p90_min"
WAIT_WITHIN_MIN, WAIT_WITHIN_PCT = "wait_within_min", "wait_within_pct"


@dataclass(frozen=True, slots=True)
class OfficeTargets:
    """The targets, in the order of their form.

    The examples are usual targets of offices that publish theirs.
    """

    wait_p90_min: int | None = field(
        Number(N_("Nine in ten wait at most, in minutes"), least=1, most=240, example="20"), default=None
    )
    wait_within_pct: int | None = field(
        Number(N_("Waits that are short enough, in %"), least=1, most=100, example="80"), default=None
    )
    wait_within_min: int | None = field(
        Number(N_("A wait is short enough up to, in minutes"), least=1, most=240, example="15"), default=None
    )
    way_p90_s: int | None = field(
        Number(N_("Nine in ten are at the desk within, in seconds"), least=10, most=1_800, example="90"),
        default=None,
    )
    no_show_pct: int | None = field(
        Number(N_("People who do not come, at most in %"), least=0, most=100, example="10"), default=None
    )
    on_time_pct: int | None = field(
        Number(N_("Appointments called on time, at least in %"), least=1, most=100, example="85"), default=None
    )
    promise_pct: int | None = field(
        Number(N_("Called inside the range shown, at least in %"), least=1, most=100, example="80"), default=None
    )
    good_calls_pct: int | None = field(
        Number(N_("Video calls with a good connection, at least in %"), least=1, most=100, example="90"),
        default=None,
    )

    @staticmethod
    def complete(plain: dict[str, Any], table: TableReader) -> None:
        """Refuse a share of waits without its minutes, and the minutes without the share."""
        given: Mapping[str, Any] = table.source
        for name, other in ((WAIT_WITHIN_MIN, WAIT_WITHIN_PCT), (WAIT_WITHIN_PCT, WAIT_WITHIN_MIN)):
            if given.get(name) is None and given.get(other) is not None:
                table.refuse(name, "needed_with", other=other)
