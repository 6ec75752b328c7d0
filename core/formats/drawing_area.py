"""The drawing area of an SVG chart or plot. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DrawingArea:
    """Size and margins in pixels. `name` is a class of the stylesheet."""

    name: str
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int

    @property
    def base(self) -> int:
        """Return where the horizontal axis lies."""
        return self.height - self.bottom

    @property
    def plot_width(self) -> int:
        """Return the width between the margins."""
        return self.width - self.left - self.right
