"""Targets of an office: the figures that it wants to reach. Pure.

An office has none until a manager sets them.

How a figure is judged by its target: figures/domain/target_verdict.py.
"""

from __future__ import annotations

from collections.abc import Mapping

from .document_table import DocumentTable

WAIT_P90_MIN = "wait_p90_min"
WAIT_WITHIN_MIN, WAIT_WITHIN_PCT = "wait_within_min", "wait_within_pct"

# Name and bounds of each target, in the order of the form.
TARGET_BOUNDS: Mapping[str, tuple[int, int]] = {
    WAIT_P90_MIN: (1, 240),  # nine in ten wait at most these minutes
    WAIT_WITHIN_PCT: (1, 100),  # at least these of a hundred wait at most the minutes of the next one
    WAIT_WITHIN_MIN: (1, 240),
    "way_p90_s": (10, 1_800),  # nine in ten are at the desk so many seconds after the call
    "no_show_pct": (0, 100),  # at most these of a hundred appointments do not come
    "on_time_pct": (1, 100),  # at least these of a hundred punctual citizens are called on time
    "promise_pct": (1, 100),  # at least these of a hundred are called inside the range shown
    "good_calls_pct": (1, 100),  # at least these of a hundred video calls have a good connection
}


def parse_targets(fields: DocumentTable) -> dict[str, int]:
    """Read the targets that are set.

    A share of waits needs its minutes, and they need the share.
    """
    fields.refuse_unknown(TARGET_BOUNDS)
    targets: dict[str, int] = {}
    for name, (least, most) in TARGET_BOUNDS.items():
        value = fields.number(name, least, most)
        if value is not None:
            targets[name] = value
    for name, other in ((WAIT_WITHIN_MIN, WAIT_WITHIN_PCT), (WAIT_WITHIN_PCT, WAIT_WITHIN_MIN)):
        if fields.source.get(name) is None and fields.source.get(other) is not None:
            fields.refuse(name, "needed_with", other=other)
    return targets
