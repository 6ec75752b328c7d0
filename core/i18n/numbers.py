"""Figures as a language writes them. No clock, no SQL."""

from __future__ import annotations

from babel.numbers import format_decimal as babel_format_decimal
from babel.numbers import format_percent as babel_format_percent


def format_decimal(value: float, language: str) -> str:
    """Format with one decimal: `4,5`, `4.5`."""
    return babel_format_decimal(value, format="#,##0.0", locale=language)


def format_figure(value: float, language: str) -> str:
    """Format figures below 10 with one decimal, others whole, with a typographic minus sign."""
    rounded = round(value, 1) if abs(value) < 10 else round(value)
    return babel_format_decimal(rounded, format="#,##0.#", locale=language).replace("-", "\N{MINUS SIGN}")


def format_percent(share: float, language: str) -> str:
    """Format a share from 0 to 1 as a whole percentage: `86 %` with a no-break space, `86%`."""
    return babel_format_percent(round(share, 2), format=None, locale=language)
