"""The public API of the figures: what other features import. No code of its own."""

from __future__ import annotations

from .actions.count_days import count_settled_days, on_past_record_changed
from .actions.keep_call_qualities import keep_call_qualities
from .domain.call_statistics import TEST_GRADES, CallFigures
from .domain.figure_groups import DurationDistribution, FigureGrouping, OfficeFigures
from .domain.figure_period import MAX_PERIOD_DAYS, FigurePeriod, PeriodPreset, period_before, preset_period
from .domain.monthly_report import first_working_day, previous_month
from .domain.phone_statistics import PhoneFigures
from .domain.target_verdict import TargetVerdict, judge_targets
from .notify.monthly_email import MONTHLY_FIGURES, monthly_payload
from .queries.figure_report import FigureReport, measure_figures
from .queries.month_figures import load_office_months
from .web.figure_json import figures_row

__all__ = [
    "MAX_PERIOD_DAYS",
    "MONTHLY_FIGURES",
    "TEST_GRADES",
    "CallFigures",
    "DurationDistribution",
    "FigureGrouping",
    "FigurePeriod",
    "FigureReport",
    "OfficeFigures",
    "PeriodPreset",
    "PhoneFigures",
    "TargetVerdict",
    "count_settled_days",
    "figures_row",
    "first_working_day",
    "judge_targets",
    "keep_call_qualities",
    "load_office_months",
    "measure_figures",
    "monthly_payload",
    "on_past_record_changed",
    "period_before",
    "preset_period",
    "previous_month",
]
