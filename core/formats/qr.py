"""QR codes as dark squares, for whoever draws them: a page as SVG, a poster as PDF. Knows no colour, no size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import segno

QUIET_ZONE_MODULES = 4  # light modules around the code that scanners need (ISO/IEC 18004, 6.3.8)


@dataclass(frozen=True, slots=True)
class ModuleRun:
    """Dark modules side by side: `length` of them from column `x` of row `y` on."""

    x: int
    y: int
    length: int


@dataclass(frozen=True, slots=True)
class QrCode:
    """A square of `size` × `size` modules, without its quiet zone."""

    size: int
    runs: tuple[ModuleRun, ...]

    @property
    def path(self) -> str:
        """The dark modules as the `d` of one SVG path, one unit a module."""
        return "".join(f"M{run.x} {run.y}h{run.length}v1h-{run.length}z" for run in self.runs)

    @property
    def view_box(self) -> str:
        """The SVG's viewBox, quiet zone included."""
        whole = self.size + 2 * QUIET_ZONE_MODULES
        return f"{-QUIET_ZONE_MODULES} {-QUIET_ZONE_MODULES} {whole} {whole}"


def encode_qr(text: str, level: Literal["m", "h"]) -> QrCode:
    """The code of a text. Level `h` bears 30 % of damage, `m` 15 % with larger modules."""
    matrix = segno.make_qr(text, error=level).matrix
    return QrCode(len(matrix), tuple(run for y, row in enumerate(matrix) for run in _module_runs(row, y)))


def _module_runs(row: bytearray, y: int) -> Iterator[ModuleRun]:
    start = None
    for x, dark in enumerate([*row, 0]):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            yield ModuleRun(start, y, x - start)
            start = None
