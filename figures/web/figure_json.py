"""Figures as JSON objects and as rows of CSV files (docs/api.md#statistics). No SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core.formats.csv_text import csv_text
from ..domain.call_statistics import CallFigures, SurveyFigures
from ..domain.figure_groups import DurationDistribution, OfficeFigures, Proportion, VisitFigures
from ..domain.phone_statistics import PhoneFigures

CSV_MEDIA_TYPE = "text/csv"
COUNT_FIELDS = ("tickets", "walk_ins", "appointments", "served", "left", "expired")
DISTRIBUTION_FIELDS = ("wait", "way", "service", "delay")
DISTRIBUTION_VALUES = ("mean_s", "p50_s", "p90_s", "longest_s")
PROPORTION_FIELDS = ("no_shows", "on_time", "in_range", "by_latest")


def figures_json(found: OfficeFigures, *, has_calls: bool = True) -> dict[str, Any]:
    """Return the figures as the API has them: those of visits, `video`, `phone` and `survey`.

    Without `has_calls`, the last three are None.
    """
    return {
        **_visits_json(found.visits),
        "video": _calls_json(found.video) if has_calls else None,
        "phone": _phone_json(found.phone) if has_calls else None,
        "survey": _survey_json(found.video.survey) if has_calls else None,
    }


def _visits_json(found: VisitFigures) -> dict[str, Any]:
    return {
        **{name: getattr(found, name) for name in COUNT_FIELDS},
        **{name: _distribution_json(getattr(found, name)) for name in DISTRIBUTION_FIELDS},
        **{name: _proportion_json(getattr(found, name)) for name in PROPORTION_FIELDS},
    }


def _calls_json(found: CallFigures) -> dict[str, Any]:
    return {
        "appointments": found.appointments,
        "held": found.held,
        "no_shows": _proportion_json(found.no_shows),
        "wait": _distribution_json(found.wait),
        "length": _distribution_json(found.length),
        "on_time": _proportion_json(found.on_time),
        "good": _proportion_json(found.good),
        "rtt_ms": None if found.rtt_ms is None else round(found.rtt_ms),
        "loss_pct": None if found.loss_pct is None else round(found.loss_pct, 2),
        "tests": {grade: figures.appointments for grade, figures in found.tests.items()},
        "by_phone": found.by_phone,
    }


def _phone_json(found: PhoneFigures) -> dict[str, Any]:
    return {
        "appointments": found.appointments,
        "held": found.held,
        "not_reached": _proportion_json(found.not_reached),
        "attempts": found.attempts.of,
        "no_answer": found.attempts.count,
        "delay": _distribution_json(found.delay),
        "on_time": _proportion_json(found.on_time),
        "length": _distribution_json(found.length),
    }


def _survey_json(found: SurveyFigures) -> dict[str, Any]:
    return {
        "answers": found.answers,
        "satisfied": _proportion_json(found.satisfied),
        "good_sound": _proportion_json(found.good_sound),
        "good_picture": _proportion_json(found.good_picture),
    }


def _distribution_json(found: DurationDistribution) -> dict[str, Any]:
    measured = {name: getattr(found, name) for name in DISTRIBUTION_VALUES}
    return {
        "count": found.count,
        **{name: None if value is None else round(value) for name, value in measured.items()},
    }


def _proportion_json(found: Proportion) -> dict[str, Any]:
    return {"of": found.of, "count": found.count, "share": None if found.share is None else round(found.share, 4)}


def figures_row(found: OfficeFigures, *, has_calls: bool = True) -> dict[str, Any]:
    """Return the figures as the columns of a CSV file; those of calls come last."""
    if has_calls:
        row = _flatten(figures_json(found))
        # as the last column: readers by position keep the earlier columns
        row["video_by_phone"] = row.pop("video_by_phone")
        return row
    return _flatten(_visits_json(found.visits))


def _flatten(found: Mapping[str, Any]) -> dict[str, Any]:
    """Convert `{"wait": {"p50_s": 60}}` to `{"wait_p50_s": 60}`."""
    flat: dict[str, Any] = {}
    for name, value in found.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}_{word}": flat_value for word, flat_value in _flatten(value).items()}
        else:
            flat[name] = value
    return flat


def figures_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write rows of the same columns, the names first."""
    return csv_text([rows[0].keys(), *(row.values() for row in rows)])
