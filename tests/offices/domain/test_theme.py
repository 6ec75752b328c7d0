"""Roles derived from two colours: legible in light and dark, and never gold."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from office360.offices.domain.colour_contrast import contrast_ratio
from office360.offices.domain.theme import build_theme, legible_plaque, legible_primary

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06X}")
TOKENS = (Path(__file__).parents[3] / "static" / "core" / "design_tokens.css").read_text()
PAPER_DARK, SURFACE_DARK, INK_DARK, SUNKEN_LIGHT = "#10191F", "#18242C", "#F4F1EA", "#F2EFE8"


def test_default_roles_equal_the_design_tokens() -> None:
    theme = build_theme()
    light, _, rest = TOKENS.partition("@media (prefers-color-scheme: dark)")
    dark = rest.partition("/* The ticket's state")[0]
    for roles, css in ((theme.light, light), (theme.dark, dark)):
        for name, value in roles.items():
            assert re.search(rf"--{name}:\s+{value};", css), name
    assert theme.css() == ""


@given(COLOURS, COLOURS)
def test_every_derived_role_is_legible(primary: str, plaque: str) -> None:
    theme = build_theme(legible_primary(primary), legible_plaque(plaque))
    light, dark, following = theme.light, theme.dark, theme.next
    pairs = [
        (light["on-primary"], light["primary"]),
        (light["on-primary"], light["primary-press"]),
        (light["link"], SUNKEN_LIGHT),
        (light["link"], light["primary-tint"]),
        (light["on-plaque"], light["plaque"]),
        (dark["on-primary"], dark["primary"]),
        (dark["on-primary"], dark["primary-press"]),
        (dark["link"], PAPER_DARK),
        (dark["link"], SURFACE_DARK),
        (dark["link"], dark["primary-tint"]),
        (INK_DARK, dark["primary-tint"]),
        (dark["on-plaque"], dark["plaque"]),
    ]
    if following:
        pairs += [
            (following[text], following[area]) for text in ("ink", "ink-soft") for area in ("paper", "surface")
        ]
        pairs += [(following["on-primary"], following[button]) for button in ("primary", "primary-press")]
    assert min(contrast_ratio(text, area) for text, area in pairs) >= 4.5


def test_css_overrides_light_and_dark_and_never_gold() -> None:
    css = build_theme("#8B1E3F", "#5B2A86").css()
    assert "--primary: #8B1E3F" in css
    assert "--plaque: #5B2A86" in css
    assert css.count("{") == css.count("}")
    assert re.findall(r"(?m)^(\S.*?) \{", css) == [
        ":root",
        "@media (prefers-color-scheme: dark)",
        ":root",
        '[data-theme="dark"]',
        '[data-ticket="next"]',
    ]
    assert not re.search(r"--(call|good|warn|bad|focus)", css)
