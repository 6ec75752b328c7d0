"""QR codes as runs of dark modules, drawn as SVG or PDF elsewhere. No colour, no size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

# light modules that scanners need around the code (ISO/IEC 18004 section 6.3.8)
QUIET_ZONE_MODULES = 4


@dataclass(frozen=True, slots=True)
class ModuleRun:
    """Adjacent dark modules: `length` of them in row `y`, from column `x` on."""

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
        """Format the dark modules as `d` of an SVG path, a unit per module."""
        return "".join(f"M{run.x} {run.y}h{run.length}v1h-{run.length}z" for run in self.runs)

    @property
    def view_box(self) -> str:
        """Format the SVG viewBox, quiet zone included."""
        whole = self.size + 2 * QUIET_ZONE_MODULES
        return f"{-QUIET_ZONE_MODULES} {-QUIET_ZONE_MODULES} {whole} {whole}"


def encode_qr(text: str, level: Literal["m", "h"]) -> QrCode:
    """Encode a text. Level `h` tolerates 30 % damage, `m` 15 % with larger modules."""
    import segno  # imported late: most processes draw no code

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
