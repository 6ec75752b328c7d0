"""The poster at an office's entrance: one A4 page with the QR code of its turns, in plain Spanish and English.

Pure drawing: office and address in, PDF out. All measures are millimetres, sizes of type are points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from fpdf.drawing_primitives import DeviceRGB

from ..core.formats.qr import QUIET_ZONE, qr_code
from ..core.i18n.catalogues import N_
from .office import Office
from .tagged_pdf import Tag, TaggedPdf

FONTS = Path(__file__).parent / "fonts"

Say = Callable[[str, str], str]
"""say(language, sentence): the sentence in that language."""

TITLE = N_("Take your turn with your phone")
STEPS = (
    N_("Point your camera at the code."),
    N_("Say whether you have an appointment."),
    N_("Wait wherever you like. Your phone tells you when and at which desk."),
)
OR_TYPE = N_("Or type in your browser:")
NO_PHONE = N_("No phone? Ask at the entrance.")
QR_ALT = N_("QR code that opens %(address)s")
FILE_TITLE = N_("Poster with the QR code, %(office)s")

WIDTH, HEIGHT = 210.0, 297.0
MARGIN = 18.0  # printers leave a rim, and so do frames
INNER = WIDTH - 2 * MARGIN
CODE = 88.0  # quiet zone included: read from about 90 cm, ten times its width
COLUMN = MARGIN + CODE + 10
STEPS_Y = 171.0
STEP_GAP = 10.0
FOOT = 27.0
LEAD = 1.16  # line height ÷ size of type
POINT = 25.4 / 72

INK = (0x13, 0x20, 0x2B)
SOFT = (0x4A, 0x58, 0x62)
TEAL = (0x0B, 0x5C, 0x6B)
GOLD = (0xF2, 0xB7, 0x05)
WHITE = (0xFF, 0xFF, 0xFF)


def poster_pdf(office: Office, address: str, say: Say, now: datetime) -> bytes:
    """The page as a PDF. `address`: what the code opens, such as `https://example.org/o/centro`."""
    pdf = TaggedPdf(title=say("es", FILE_TITLE) % {"office": office.name}, language="es-ES")
    pdf.set_creation_date(now)
    pdf.add_font("Inter", "", FONTS / "Inter-Regular.ttf")
    pdf.add_font("Inter", "B", FONTS / "Inter-Bold.ttf")
    pdf.add_page()
    top = _head(pdf, office)
    _title(pdf, say, top)
    _code(pdf, address, say, top)
    _address(pdf, address, say, top + CODE + 4)
    below = STEPS_Y
    for number, sentence in enumerate(STEPS, 1):
        below = STEP_GAP + _step(pdf, str(number), below, say("es", sentence), say("en", sentence))
    _foot(pdf, say)
    return bytes(pdf.output())


# Text


def _write(
    pdf: TaggedPdf,
    tag: Tag,
    text: str,
    box: tuple[float, float, float],
    size: float,
    *,
    bold: bool = False,
    color: tuple[int, int, int] = INK,
    language: str | None = None,
) -> float:
    """Write wrapped text at `box` (x, y, width); the y below it."""
    x, y, width = box
    pdf.set_font("Inter", "B" if bold else "", size)
    pdf.set_text_color(*color)
    height, lines = size * POINT * LEAD, _wrapped(pdf, text, width)
    with pdf.tagged(tag, language=language):
        for number, line in enumerate(lines):
            pdf.set_xy(x, y + number * height)
            # A line ends in a space, or a reader would join its last word with the first one of the next.
            pdf.cell(width, height, line if number == len(lines) - 1 else f"{line} ")
    return y + len(lines) * height


def _wrapped(pdf: TaggedPdf, text: str, width: float) -> list[str]:
    """The text in lines of this width, in the present font."""
    lines = pdf.multi_cell(width, text=text, dry_run=True, output="LINES")
    assert isinstance(lines, list)
    return [line.rstrip() for line in lines]


def _fitting(pdf: TaggedPdf, text: str, width: float, sizes: Sequence[float], lines: int, *, bold: bool) -> float:
    """The largest of these sizes at which the text takes no more lines, and no word is broken."""
    for size in sizes:
        pdf.set_font("Inter", "B" if bold else "", size)
        widest = max(pdf.get_string_width(word) for word in text.split())
        if len(_wrapped(pdf, text, width)) <= lines and widest <= width - 2 * pdf.c_margin:
            return size
    return sizes[-1]


# Parts, from top to bottom


def _head(pdf: TaggedPdf, office: Office) -> float:
    pdf.c_margin = 0
    _mark(pdf, MARGIN + 6, MARGIN + 6)
    width = INNER - 18
    size = _fitting(pdf, office.name, width, (30, 26, 22, 19, 16), 2, bold=True)
    bottom = _write(pdf, "H1", office.name, (MARGIN + 18, MARGIN - 1, width), size, bold=True)
    bottom = _write(pdf, "P", office.address, (MARGIN + 18, bottom + 1, width), 13, color=SOFT)
    return max(bottom + 9, MARGIN + 30)


def _mark(pdf: TaggedPdf, x: float, y: float) -> None:
    """The open ring with its gold dot (look.md), the same proportions as static/core/logo.svg."""
    with pdf.decoration():
        pdf.set_draw_color(*INK)
        pdf.set_line_width(2.6)
        pdf.arc(x - 6, y - 6, 12, 17, 287, clockwise=False)
        pdf.set_fill_color(*GOLD)
        pdf.ellipse(x + 2.6, y - 6.1, 3.6, 3.6, style="F")


def _title(pdf: TaggedPdf, say: Say, top: float) -> None:
    width = WIDTH - MARGIN - COLUMN
    below = _write(pdf, "H2", say("es", TITLE), (COLUMN, top, width), 38, bold=True)
    _write(pdf, "P", say("en", TITLE), (COLUMN, below + 5, width), 20, color=SOFT, language="en")


def _code(pdf: TaggedPdf, address: str, say: Say, top: float) -> None:
    """The code as one path: squares drawn one by one would show seams between them."""
    code = qr_code(address, "h")
    module = CODE / (code.size + 2 * QUIET_ZONE)
    left, upper = MARGIN + QUIET_ZONE * module, top + QUIET_ZONE * module
    with pdf.decoration():
        pdf.set_draw_color(*INK)
        pdf.set_line_width(0.8)
        pdf.rect(MARGIN, top, CODE, CODE, style="D", round_corners=True, corner_radius=3)
    with pdf.tagged("Figure", alt=say("es", QR_ALT) % {"address": address}), pdf.new_path() as path:
        path.style.fill_color = DeviceRGB(*(part / 255 for part in INK))
        path.style.stroke_color = None
        for run in code.runs:
            path.rectangle(left + run.x * module, upper + run.y * module, run.length * module, module)


def _address(pdf: TaggedPdf, address: str, say: Say, top: float) -> None:
    shown = address.partition("://")[2]
    both = f"{say('es', OR_TYPE)} / {say('en', OR_TYPE)}"
    below = _write(pdf, "P", both, (MARGIN, top, INNER), 12, color=SOFT)
    size = _fitting(pdf, shown, INNER, (22, 19, 16, 14, 12, 10), 1, bold=True)
    _write(pdf, "P", shown, (MARGIN, below + 1, INNER), size, bold=True)


def _step(pdf: TaggedPdf, number: str, top: float, spanish: str, english: str) -> float:
    """One step beside its number; the y below it."""
    with pdf.decoration():
        pdf.set_fill_color(*INK)
        pdf.rect(MARGIN, top, 15, 15, style="F", round_corners=True, corner_radius=2)
    pdf.set_font("Inter", "B", 28)
    pdf.set_text_color(*WHITE)
    pdf.set_xy(MARGIN, top + 0.6)
    with pdf.tagged("P"):
        pdf.cell(15, 14, number, align="C")
    width = INNER - 21
    size = _fitting(pdf, spanish, width, (24, 21, 18), 2, bold=True)
    below = _write(pdf, "P", spanish, (MARGIN + 21, top - 0.5, width), size, bold=True)
    return _write(pdf, "P", english, (MARGIN + 21, below + 1, width), 14, color=SOFT, language="en")


def _foot(pdf: TaggedPdf, say: Say) -> None:
    top = HEIGHT - FOOT
    with pdf.decoration():
        pdf.set_fill_color(*TEAL)
        pdf.rect(0, top, WIDTH, FOOT, style="F")
    below = _write(pdf, "P", say("es", NO_PHONE), (MARGIN, top + 4.5, INNER), 20, bold=True, color=WHITE)
    _write(pdf, "P", say("en", NO_PHONE), (MARGIN, below + 0.5, INNER), 13, color=WHITE, language="en")
