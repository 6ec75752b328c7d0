"""Colour roles of an organisation's two colours, for pages, e-mails and the poster. Pure.

The roles are those of static/core/design_tokens.css. Gold, verdicts, paper and ink never change: gold means "your
turn now", and a verdict's colour has a meaning, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from .colour_contrast import Oklch, contrast_ratio, nearest_legible_colour

DEFAULT_PRIMARY = "#0B5C6B"
DEFAULT_PLAQUE = "#0B5C6B"
WHITE = "#FFFFFF"
# the darkest light surface on which links stand
SUNKEN_LIGHT = "#F2EFE8"
NEXT_CONTRAST = 7.0  # of white on the page of a person who is next, so that its softer text is legible, too

ColourRoles = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Theme:
    """Colour roles by name, for light, dark, and the page of a person who is next."""

    light: ColourRoles
    dark: ColourRoles
    next: ColourRoles
    is_default: bool

    def css(self) -> str:
        """Return the rules that override the design tokens; empty for the product's own colours."""
        if self.is_default:
            return ""
        return self.scoped_css(
            ":root", "@media (prefers-color-scheme: dark) {\n:root", '[data-theme="dark"]'
        ) + _rule('[data-ticket="next"]', self.next)

    def scoped_css(self, light: str, dark: str, always_dark: str) -> str:
        """Return the light and dark rules under these selectors. `dark` may open a media query."""
        in_dark = {name: value for name, value in self.dark.items() if not name.endswith("plaque")}
        closing = "}\n" if "{" in dark else ""
        return _rule(light, self.light) + _rule(dark, self.dark) + closing + _rule(always_dark, in_dark)


def legible_primary(colour: str) -> str:
    """Return the nearest colour that is legible on light surfaces and under white text."""
    return nearest_legible_colour(colour, (SUNKEN_LIGHT, WHITE))


def legible_plaque(colour: str) -> str:
    """Return the nearest colour on which white text is legible."""
    return nearest_legible_colour(colour, (WHITE,))


def primary_contrast(colour: str) -> float:
    """Return the contrast of links on the least suitable light surface."""
    return contrast_ratio(colour, SUNKEN_LIGHT)


def plaque_contrast(colour: str) -> float:
    """Return the contrast of white text on this colour."""
    return contrast_ratio(colour, WHITE)


@lru_cache(maxsize=32)
def build_theme(primary: str = DEFAULT_PRIMARY, plaque: str = DEFAULT_PLAQUE) -> Theme:
    """Derive all roles from the colours of `legible_primary` and `legible_plaque`."""
    primary, plaque = primary.upper(), plaque.upper()
    if (primary, plaque) == (DEFAULT_PRIMARY, DEFAULT_PLAQUE):
        return Theme(_DEFAULT_LIGHT, _DEFAULT_DARK, {}, is_default=True)
    button, area = Oklch.from_hex(primary), Oklch.from_hex(plaque)
    return Theme(
        {
            "primary": primary,
            "primary-press": button.with_lightness(_pressed_lightness(button.lightness)).to_hex(),
            "on-primary": WHITE,
            "primary-tint": button.with_lightness(0.96, 0.012).to_hex(),
            "link": primary,
            "plaque": plaque,
            "on-plaque": WHITE,
        },
        {
            "primary": button.with_lightness(0.80, 0.11).to_hex(),
            "primary-press": button.with_lightness(0.87, 0.08).to_hex(),
            "on-primary": button.with_lightness(0.24, 0.04).to_hex(),
            "primary-tint": button.with_lightness(0.30, 0.04).to_hex(),
            "link": button.with_lightness(0.83, 0.10).to_hex(),
            "plaque": area.with_lightness(min(area.lightness, 0.37)).to_hex(),
            "on-plaque": "#F4F1EA",
        },
        _next_roles(plaque),
        is_default=False,
    )


def _pressed_lightness(lightness: float) -> float:
    """Return a darker lightness; for a colour that is nearly black, a lighter lightness."""
    return lightness - 0.09 if lightness > 0.25 else lightness + 0.12


def _next_roles(plaque: str) -> ColourRoles:
    paper = nearest_legible_colour(plaque, (WHITE,), NEXT_CONTRAST)
    area = Oklch.from_hex(paper)
    surface = area.with_lightness(area.lightness - 0.05).to_hex()
    return {
        "paper": paper,
        "surface": surface,
        "ink": WHITE,
        "ink-soft": area.with_lightness(0.92, 0.02).to_hex(),
        "rule": area.with_lightness(area.lightness + 0.12).to_hex(),
        "edge": area.with_lightness(0.84, 0.04).to_hex(),
        "primary": WHITE,
        "primary-press": area.with_lightness(0.94, 0.02).to_hex(),
        "on-primary": area.with_lightness(min(area.lightness, 0.34)).to_hex(),
        "link": WHITE,
        "primary-tint": surface,
    }


def _rule(selector: str, roles: ColourRoles) -> str:
    return selector + " { " + " ".join(f"--{name}: {value};" for name, value in roles.items()) + " }\n"


# As in static/core/design_tokens.css; a test compares them.
_DEFAULT_LIGHT: ColourRoles = {
    "primary": DEFAULT_PRIMARY,
    "primary-press": "#07414C",
    "on-primary": WHITE,
    "primary-tint": "#E3EFF0",
    "link": DEFAULT_PRIMARY,
    "plaque": DEFAULT_PLAQUE,
    "on-plaque": WHITE,
}
_DEFAULT_DARK: ColourRoles = {
    "primary": "#7CCBD6",
    "primary-press": "#A5DEE6",
    "on-primary": "#06242B",
    "primary-tint": "#14343C",
    "link": "#8FD5DF",
    "plaque": "#0D4652",
    "on-plaque": "#F4F1EA",
}
