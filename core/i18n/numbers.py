"""Figures as a language writes them. No clock, no SQL."""

from __future__ import annotations

from babel.numbers import format_decimal


def format_figure(value: float, language: str) -> str:
    """Format figures below 10 with one decimal, others whole, with a typographic minus sign."""
    rounded = round(value, 1) if abs(value) < 10 else round(value)
    return format_decimal(rounded, format="#,##0.#", locale=language).replace("-", "\N{MINUS SIGN}")
