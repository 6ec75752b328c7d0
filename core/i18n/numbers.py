"""Figures as a language writes them. No clock, no SQL."""

from __future__ import annotations

from babel.numbers import format_decimal as babel_format_decimal


def format_decimal(value: float, language: str) -> str:
    """Format with one decimal: `4,5`, `4.5`."""
    return babel_format_decimal(value, format="#,##0.0", locale=language)


def format_figure(value: float, language: str) -> str:
    """Format figures below 10 with one decimal, others whole, with a typographic minus sign."""
    rounded = round(value, 1) if abs(value) < 10 else round(value)
    return babel_format_decimal(rounded, format="#,##0.#", locale=language).replace("-", "\N{MINUS SIGN}")
