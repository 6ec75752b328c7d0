"""Contrast of two colours, and colours of the same hue that are legible. Pure.

Contrast: WCAG 2.2, "relative luminance" and "contrast ratio". Lightness, chroma and hue: OKLCH (Björn Ottosson,
"A perceptual color space for image processing", 2020; CSS Color 4 section 9.3).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

MIN_TEXT_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_LIGHTNESS_STEP = 0.002  # too small to see
# halvings of the chroma's range: finer than a step of a channel
_CHROMA_STEPS = 24
_GAMUT_TOLERANCE = 0.0005


def is_colour(text: str) -> bool:
    """Tell whether a text is a colour such as `#0B5C6B`."""
    return _COLOUR.fullmatch(text) is not None


def relative_luminance(colour: str) -> float:
    """Return the luminance of `#RRGGBB`, from 0 (black) to 1 (white)."""
    red, green, blue = _linear_channels(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_ratio(first: str, second: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    darker, lighter = sorted((relative_luminance(first), relative_luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def round_contrast(ratio: float) -> float:
    """Round a contrast down: 4.49 must not read as 4.5."""
    return math.floor(ratio * 10) / 10


def nearest_legible_colour(colour: str, backgrounds: Iterable[str], ratio: float = MIN_TEXT_CONTRAST) -> str:
    """Return the colour of this hue that is nearest and has the contrast to all backgrounds."""
    others = tuple(backgrounds)
    if all(contrast_ratio(colour, other) >= ratio for other in others):
        return colour.upper()
    start = Oklch.from_hex(colour)
    for number in range(1, round(1 / _LIGHTNESS_STEP) + 1):
        for lightness in (start.lightness - number * _LIGHTNESS_STEP, start.lightness + number * _LIGHTNESS_STEP):
            if 0 <= lightness <= 1:
                candidate = start.with_lightness(lightness).to_hex()
                if all(contrast_ratio(candidate, other) >= ratio for other in others):
                    return candidate
    raise ValueError("no lightness has this contrast to all backgrounds")


@dataclass(frozen=True, slots=True)
class Oklch:
    """A colour by lightness (0 to 1), chroma and hue (radians)."""

    lightness: float
    chroma: float
    hue: float

    @classmethod
    def from_hex(cls, colour: str) -> Oklch:
        red, green, blue = _linear_channels(colour)
        long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
        medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
        short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
        lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
        a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
        b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
        return cls(lightness, math.hypot(a, b), math.atan2(b, a))

    def with_lightness(self, lightness: float, max_chroma: float = math.inf) -> Oklch:
        """Return the same hue with this lightness and at most this chroma."""
        return Oklch(min(max(lightness, 0.0), 1.0), min(self.chroma, max_chroma), self.hue)

    def to_hex(self) -> str:
        """Return `#RRGGBB`. A colour that screens cannot show loses chroma."""
        if self._is_displayable(self.chroma):
            return _to_hex(self._linear(self.chroma))
        low, high = 0.0, self.chroma
        for _ in range(_CHROMA_STEPS):
            middle = (low + high) / 2
            low, high = (middle, high) if self._is_displayable(middle) else (low, middle)
        return _to_hex(self._linear(low))

    def _is_displayable(self, chroma: float) -> bool:
        return all(-_GAMUT_TOLERANCE <= channel <= 1 + _GAMUT_TOLERANCE for channel in self._linear(chroma))

    def _linear(self, chroma: float) -> tuple[float, float, float]:
        a, b = chroma * math.cos(self.hue), chroma * math.sin(self.hue)
        long = (self.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
        medium = (self.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
        short = (self.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
        return (
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        )


def _linear_channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return _to_linear(red), _to_linear(green), _to_linear(blue)


def _to_linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _to_hex(linear: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(_to_gamma(min(max(channel, 0.0), 1.0)) * 255):02X}" for channel in linear)


def _to_gamma(channel: float) -> float:
    return channel * 12.92 if channel <= 0.0031308 else float(1.055 * channel ** (1 / 2.4) - 0.055)
