"""Technical details of a test as JSON, named as in the reported measurements. No SQL."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ...core.i18n.catalogues import GettextFunction
from .fault_location import FaultHints
from .report import ConnectionTest, build_report_json
from .technical_details import TechnicalDetails
from .verdict import Measurements


def has_technical_details(test: ConnectionTest) -> bool:
    """Tell whether the test recorded more than its graded figures.

    Older and quick tests did not.
    """
    recorded = test.details != TechnicalDetails()
    return recorded or any(value is not None for value in _new_figures(test.measurements, test.hints))


def _new_figures(measured: Measurements, hints: FaultHints) -> tuple[object, ...]:
    return (
        *(measured.loss_up_packets, measured.loss_down_packets, measured.up_limited_by, measured.down_limited_by),
        *(hints.rtt_loaded_up_ms, hints.rtt_loaded_down_ms, hints.page_lag_ms, hints.dropped_frames_pct),
    )


def build_full_report_json(test: ConnectionTest, language: str, t: GettextFunction) -> dict[str, Any]:
    """Build the report with `details`, which is None if the test recorded none (docs/api.md)."""
    return {**build_report_json(test, language, t), "details": build_details_json(test)}


def build_details_json(test: ConnectionTest) -> dict[str, Any] | None:
    """Build the details: figures, types and times. They hold no address and no name."""
    if not has_technical_details(test):
        return None
    measured, hints, details = test.measurements, test.hints, test.details
    return {
        "codec": details.codec,
        "candidates": asdict(details.candidates) if details.candidates else None,
        "phases_ms": dict(details.phases_ms),
        "series": {name: [list(point) for point in points] for name, points in details.series.items()},
        "synthetic_picture": details.synthetic_picture,
        "link": hints.link,
        "limited_by": hints.limited_by,
        "rtt_min_ms": hints.rtt_min_ms,
        "rtt_loaded_up_ms": hints.rtt_loaded_up_ms,
        "rtt_loaded_down_ms": hints.rtt_loaded_down_ms,
        "page_lag_ms": hints.page_lag_ms,
        "dropped_frames_pct": hints.dropped_frames_pct,
        "loss_up_packets": measured.loss_up_packets,
        "loss_down_packets": measured.loss_down_packets,
        "up_limited_by": measured.up_limited_by,
        "down_limited_by": measured.down_limited_by,
        "ways": {path: asdict(result) for path, result in hints.path_results.items()},
        "room": asdict(test.room_health) if test.room_health else None,
    }
