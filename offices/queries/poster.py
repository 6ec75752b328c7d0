"""Posters for the entrances of offices: one page each with the QR code for turns.

Lengths are millimetres and type sizes points of an A4 page; A3 is the same page, enlarged. Each x is that of
a page from left to right; `_PosterPdf.place` mirrors it for a language from right to left. No SQL, no clock.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from fpdf import FPDF
from fpdf.drawing_primitives import DeviceRGB

from ...core.formats.qr import QUIET_ZONE_MODULES, encode_qr
from ...core.i18n.catalogues import N_
from ...core.i18n.languages import KNOWN_LANGUAGES
from ..domain.logo import Logo
from ..domain.office import Office
from ..domain.site import Site
from .tagged_pdf import PdfTag, TaggedPdf

logger = logging.getLogger(__name__)

FONT_FOLDER = Path(__file__).parents[1] / "fonts"

TranslateInto = Callable[[str, str], str]
"""translate(language, sentence): the sentence in that language."""

TITLE_TEXT = N_("Join the queue with your phone")
STEP_TEXTS = (
    N_("Point your camera at the code."),
    N_("Say whether you have an appointment."),
    N_("Wait wherever you like. Your phone will tell you when to come and to which desk."),
)
OR_TYPE_TEXT = N_("Or type in your browser:")
NO_PHONE_TEXT = N_("No phone? Ask at the entrance.")
QR_ALT_TEXT = N_("QR code that opens %(address)s")
FILE_TITLE_TEXT = N_("Poster with the QR code, %(office)s")
MANY_TITLE_TEXT = N_("Posters with the QR code, %(count)s offices")

PAGE_WIDTH_MM, PAGE_HEIGHT_MM = 210.0, 297.0
MARGIN_MM = 18.0  # printers cannot print to the edge, and frames cover it
INNER_WIDTH_MM = PAGE_WIDTH_MM - 2 * MARGIN_MM
QR_SIZE_MM = 88.0  # with its quiet zone; readable from ten times its width, about 90 cm
TITLE_X_MM = MARGIN_MM + QR_SIZE_MM + 10
STEPS_Y_MM = 171.0
STEP_GAP_MM = 10.0
SMALL_STEP_GAP_MM = 5.0
SECOND_SIZE_RATIO = 0.72
FOOTER_HEIGHT_MM = 27.0
LOGO_HEIGHT_MM, LOGO_MAX_WIDTH_MM = 16.0, 60.0
LINE_HEIGHT_RATIO = 1.16  # line height ÷ size of type
MM_PER_POINT = 25.4 / 72
POINTS_PER_MM = 72 / 25.4
ENLARGEMENTS = {"a4": 1.0, "a3": 2**0.5}  # ISO 216: each size has twice the area of the next
OWN_TEXT_SIZES = (20, 17, 15, 13, 11, 9)
OWN_TEXT_BOTTOM_MM = 264.0  # above the footer

# From an Arabic letter to the last one, or number, before Latin letters: UAX 9 in a line from left to right.
# fpdf2 swaps the words around such a number, unless the run is a text of its own.
ARABIC_RUN = re.compile("([\u0600-\u06ff](?:[^A-Za-z\u00c0-\u024f]*[\u0600-\u06ff0-9])?)")

INK_RGB = (0x13, 0x20, 0x2B)
SOFT_RGB = (0x4A, 0x58, 0x62)
GOLD_RGB = (0xF2, 0xB7, 0x05)
WHITE_RGB = (0xFF, 0xFF, 0xFF)


@dataclass(frozen=True, slots=True)
class PosterStyle:
    """The paper, the main language, and that of the smaller lines; None for one language."""

    size: Literal["a4", "a3"] = "a4"
    main: str = "es"
    second: str | None = "en"


class _PosterPdf(TaggedPdf):
    """A PDF whose units are the millimetres of an A4 page, at any size of paper."""

    def __init__(self, style: PosterStyle, title: str) -> None:
        self.style = style
        self._enlargement = ENLARGEMENTS[style.size]
        unit = POINTS_PER_MM * self._enlargement
        super().__init__(
            title=title,
            language=style.main,
            unit=unit,
            page_size=(PAGE_WIDTH_MM, PAGE_HEIGHT_MM),
        )
        self.is_mirrored = KNOWN_LANGUAGES[style.main].direction == "rtl"
        self._add_family("Inter")

    def _add_family(self, family: str) -> None:
        for style, file in (("", "Regular"), ("B", "Bold")):
            self.add_font(family, style, FONT_FOLDER / f"{family}-{file}.ttf")

    def place(self, x: float, width: float = 0) -> float:
        """Return the left edge of a part, for its `x` on a page from left to right."""
        return PAGE_WIDTH_MM - x - width if self.is_mirrored else x

    def use_font(self, text: str, size: float, *, bold: bool, language: str | None = None) -> None:
        """Set the font for this text; `size` in points of an A4 page."""
        is_arabic = ARABIC_RUN.search(text) is not None
        if is_arabic and "notosansarabic" not in self.fonts:  # fpdf2 embeds each font that it has read
            self._add_family("NotoSansArabic")
            self.set_fallback_fonts(["Inter"])
        self.set_text_shaping(is_arabic, direction="rtl" if _begins_at_right(text, language) else None)
        self.set_font("NotoSansArabic" if is_arabic else "Inter", "B" if bold else "", size * self._enlargement)


def draw_posters(
    posters: Sequence[tuple[Office, str]],
    site: Site,
    translate: TranslateInto,
    now: datetime,
    style: PosterStyle,
) -> bytes:
    """Draw a page for each office as one PDF, with the organisation's name, logo and colour.

    The code of an office opens the address beside it, such as `https://example.org/o/centro`.
    """
    pdf = _PosterPdf(style, _file_title(posters, style, translate))
    pdf.set_creation_date(now)
    colour = DeviceRGB(*_to_rgb(site.theme.light["plaque"]))
    for office, address in posters:
        pdf.add_page()
        _draw_page(pdf, office, site, address, translate, colour)
    return bytes(pdf.output())


def _file_title(posters: Sequence[tuple[Office, str]], style: PosterStyle, translate: TranslateInto) -> str:
    if len(posters) == 1:
        return translate(style.main, FILE_TITLE_TEXT) % {"office": posters[0][0].name}
    return translate(style.main, MANY_TITLE_TEXT) % {"count": len(posters)}


def _draw_page(
    pdf: _PosterPdf, office: Office, site: Site, address: str, translate: TranslateInto, colour: DeviceRGB
) -> None:
    top = _draw_header(pdf, office, site)
    _draw_title(pdf, translate, top)
    _draw_qr_code(pdf, address, translate, top)
    below = max(STEPS_Y_MM, SMALL_STEP_GAP_MM + _draw_address(pdf, address, translate, top + QR_SIZE_MM + 4))
    is_small = bool(office.poster_texts) or below > STEPS_Y_MM
    for number, sentence in enumerate(STEP_TEXTS, 1):
        below = _draw_step(pdf, str(number), below, sentence, translate, is_small=is_small)
        below += SMALL_STEP_GAP_MM if is_small else STEP_GAP_MM
    if office.poster_texts:
        _draw_own_text(pdf, office, below, colour)
    _draw_footer(pdf, translate, colour)


# Text


def _write_text(
    pdf: _PosterPdf,
    tag: PdfTag,
    text: str,
    box: tuple[float, float, float],
    size: float,
    *,
    bold: bool = False,
    color: tuple[int, int, int] = INK_RGB,
    language: str | None = None,
) -> float:
    """Write wrapped text at `box` (x, y, width). Returns the y below it."""
    x, y, width = box
    pdf.use_font(text, size, bold=bold, language=language)
    pdf.set_text_color(*color)
    height, lines = size * MM_PER_POINT * LINE_HEIGHT_RATIO, _wrap_text(pdf, text, width)
    is_from_right = _begins_at_right(text, language)
    with pdf.tagged(tag, language=language, actual=text if ARABIC_RUN.search(text) else None):
        for number, line in enumerate(lines):
            runs = [line] if is_from_right else ARABIC_RUN.split(line)
            pdf.set_xy(pdf.place(x, sum(map(pdf.get_string_width, runs))), y + number * height)
            if not is_from_right and number < len(lines) - 1:
                runs[-1] += " "  # or a screen reader would join the line's last word with the next line
            for run in filter(None, runs):
                # fpdf2 restores the font after a text that begins with the other font, but believes it set
                pdf.current_font_is_set_on_page = False
                pdf.cell(None, height, run, new_x="END")
    return y + len(lines) * height


def _begins_at_right(text: str, language: str | None) -> bool:
    """Tell the direction of a text by its language, of a name by its first letter."""
    if language:
        return KNOWN_LANGUAGES[language].direction == "rtl"
    first = next(filter(str.isalpha, text), "")
    return ARABIC_RUN.match(first) is not None


def _wrap_text(pdf: _PosterPdf, text: str, width: float) -> list[str]:
    """Wrap the text into lines of this width, in the current font."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if pdf.get_string_width(longer) <= width:
            lines[-1] = longer
        else:
            lines += _break_word(pdf, word, width)
    return [line for line in lines if line]


def _break_word(pdf: _PosterPdf, word: str, width: float) -> list[str]:
    # not for whole texts: it measures each letter alone, and Arabic letters are narrower when joined
    lines = pdf.multi_cell(width, text=word, dry_run=True, output="LINES")
    assert isinstance(lines, list)
    return lines


def _largest_fitting_size(
    pdf: _PosterPdf, text: str, width: float, sizes: Sequence[float], lines: int, *, bold: bool
) -> float:
    """Return the largest size at which the text fits the lines and no word is broken."""
    for size in sizes:
        pdf.use_font(text, size, bold=bold)
        widest = max(pdf.get_string_width(word) for word in text.split())
        if len(_wrap_text(pdf, text, width)) <= lines and widest <= width - 2 * pdf.c_margin:
            return size
    return sizes[-1]


# Parts, from top to bottom


def _draw_header(pdf: _PosterPdf, office: Office, site: Site) -> float:
    """Draw the organisation if it has a name, then the office. Returns the y below."""
    pdf.c_margin = 0
    if site.profile.names:
        return _draw_organisation_and_office(pdf, office, site)
    _draw_mark(pdf, pdf.place(MARGIN_MM + 6), MARGIN_MM + 6)
    width = INNER_WIDTH_MM - 18
    size = _largest_fitting_size(pdf, office.name, width, (30, 26, 22, 19, 16), 2, bold=True)
    bottom = _write_text(pdf, "H1", office.name, (MARGIN_MM + 18, MARGIN_MM - 1, width), size, bold=True)
    bottom = _write_text(pdf, "P", office.address, (MARGIN_MM + 18, bottom + 1, width), 13, color=SOFT_RGB)
    return max(bottom + 9, MARGIN_MM + 30)


def _draw_organisation_and_office(pdf: _PosterPdf, office: Office, site: Site) -> float:
    """Draw logo and name of the organisation in one row, and the office below."""
    top = MARGIN_MM - 3
    logo_width = _draw_logo(pdf, site.logo, MARGIN_MM, top) if site.logo else 0.0
    if not logo_width:
        _draw_mark(pdf, pdf.place(MARGIN_MM + 6), top + 6)
        logo_width = 12.5
    x, width = MARGIN_MM + logo_width + 5, INNER_WIDTH_MM - logo_width - 5
    name = site.profile.name(pdf.style.main)
    size = _largest_fitting_size(pdf, name, width, (15, 13, 11, 9), 2, bold=True)
    lines = len(_wrap_text(pdf, name, width))
    middle = top + (LOGO_HEIGHT_MM - lines * size * MM_PER_POINT * LINE_HEIGHT_RATIO) / 2
    _write_text(pdf, "P", name, (x, max(middle, top), width), size, bold=True, color=SOFT_RGB)
    below = top + LOGO_HEIGHT_MM + 4
    size = _largest_fitting_size(pdf, office.name, INNER_WIDTH_MM, (30, 26, 22, 19, 16), 2, bold=True)
    bottom = _write_text(pdf, "H1", office.name, (MARGIN_MM, below, INNER_WIDTH_MM), size, bold=True)
    bottom = _write_text(pdf, "P", office.address, (MARGIN_MM, bottom + 1, INNER_WIDTH_MM), 13, color=SOFT_RGB)
    return bottom + 6


def _draw_logo(pdf: _PosterPdf, logo: Logo, x: float, y: float) -> float:
    """Draw the organisation's logo. Returns its width; 0 if fpdf2 cannot draw it."""
    if not _is_drawable(logo):
        return 0.0
    width = min(LOGO_MAX_WIDTH_MM, LOGO_HEIGHT_MM * logo.aspect_ratio)
    height = width / logo.aspect_ratio
    with pdf.decoration():
        pdf.image(io.BytesIO(logo.content), pdf.place(x, width), y + (LOGO_HEIGHT_MM - height) / 2, width, height)
    return width


def _is_drawable(logo: Logo) -> bool:
    """Draw the logo on another page: an error in the middle would break the poster."""
    draft = FPDF()
    draft.add_page()
    try:
        draft.image(io.BytesIO(logo.content), 0, 0, LOGO_HEIGHT_MM * logo.aspect_ratio, LOGO_HEIGHT_MM)
        draft.output()
    except Exception:  # an SVG may hold what fpdf2 does not draw, and it raises errors of many kinds
        logger.warning("poster_logo_not_drawn", exc_info=True)
        return False
    return True


def _to_rgb(colour: str) -> tuple[float, float, float]:
    """Convert `#RRGGBB` to parts of 1."""
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def _draw_mark(pdf: _PosterPdf, x: float, y: float) -> None:
    """Draw the open ring with its gold dot, in the proportions of static/core/logo.svg."""
    with pdf.decoration():
        pdf.set_draw_color(*INK_RGB)
        pdf.set_line_width(2.6)
        pdf.arc(x - 6, y - 6, 12, 17, 287, clockwise=False)
        pdf.set_fill_color(*GOLD_RGB)
        pdf.ellipse(x + 2.6, y - 6.1, 3.6, 3.6, style="F")


def _draw_title(pdf: _PosterPdf, translate: TranslateInto, top: float) -> None:
    width = PAGE_WIDTH_MM - MARGIN_MM - TITLE_X_MM
    below = _write_text(pdf, "H2", translate(pdf.style.main, TITLE_TEXT), (TITLE_X_MM, top, width), 38, bold=True)
    _write_second(pdf, TITLE_TEXT, translate, (TITLE_X_MM, below + 5, width), 20)


def _write_second(
    pdf: _PosterPdf,
    sentence: str,
    translate: TranslateInto,
    box: tuple[float, float, float],
    size: float,
    color: tuple[int, int, int] = SOFT_RGB,
) -> float:
    """Write a sentence in the second language, if the poster has one. Returns the y below it."""
    second = pdf.style.second
    if second is None:
        return box[1]
    return _write_text(pdf, "P", translate(second, sentence), box, size, color=color, language=second)


def _draw_qr_code(pdf: _PosterPdf, address: str, translate: TranslateInto, top: float) -> None:
    """Draw the code as one path: squares drawn one by one would show seams between them."""
    code = encode_qr(address, "h")
    module = QR_SIZE_MM / (code.size + 2 * QUIET_ZONE_MODULES)
    frame = pdf.place(MARGIN_MM, QR_SIZE_MM)
    left, upper = frame + QUIET_ZONE_MODULES * module, top + QUIET_ZONE_MODULES * module
    with pdf.decoration():
        pdf.set_draw_color(*INK_RGB)
        pdf.set_line_width(0.8)
        pdf.rect(frame, top, QR_SIZE_MM, QR_SIZE_MM, style="D", round_corners=True, corner_radius=3)
    alt = translate(pdf.style.main, QR_ALT_TEXT) % {"address": address}
    with pdf.tagged("Figure", alt=alt), pdf.new_path() as path:
        path.style.fill_color = DeviceRGB(*(part / 255 for part in INK_RGB))
        path.style.stroke_color = None
        for run in code.runs:
            path.rectangle(left + run.x * module, upper + run.y * module, run.length * module, module)


def _draw_address(pdf: _PosterPdf, address: str, translate: TranslateInto, top: float) -> float:
    """Draw the address to type. Returns the y below it."""
    short_address = address.partition("://")[2]
    main = translate(pdf.style.main, OR_TYPE_TEXT)
    below = _write_text(pdf, "P", main, (MARGIN_MM, top, INNER_WIDTH_MM), 12, color=SOFT_RGB)
    below = _write_second(pdf, OR_TYPE_TEXT, translate, (MARGIN_MM, below, INNER_WIDTH_MM), 12)
    size = _largest_fitting_size(pdf, short_address, INNER_WIDTH_MM, (22, 19, 16, 14, 12, 10), 1, bold=True)
    return _write_text(pdf, "P", short_address, (MARGIN_MM, below + 1, INNER_WIDTH_MM), size, bold=True)


def _draw_step(
    pdf: _PosterPdf, number: str, top: float, sentence: str, translate: TranslateInto, *, is_small: bool
) -> float:
    """Draw a step beside its number. Returns the y below it.

    Small steps leave room for an own text.
    """
    side = 11.0 if is_small else 15.0
    with pdf.decoration():
        pdf.set_fill_color(*INK_RGB)
        pdf.rect(pdf.place(MARGIN_MM, side), top, side, side, style="F", round_corners=True, corner_radius=2)
    pdf.use_font(number, 20 if is_small else 28, bold=True)
    pdf.set_text_color(*WHITE_RGB)
    pdf.set_xy(pdf.place(MARGIN_MM, side), top + 0.6)
    with pdf.tagged("P"):
        pdf.cell(side, side - 1, number, align="C")
    x, width = MARGIN_MM + side + 6, INNER_WIDTH_MM - side - 6
    text = translate(pdf.style.main, sentence)
    size = _largest_fitting_size(pdf, text, width, (18, 16, 14) if is_small else (24, 21, 18), 2, bold=True)
    below = _write_text(pdf, "P", text, (x, top - 0.5, width), size, bold=True)
    below = _write_second(pdf, sentence, translate, (x, below + 1, width), 11 if is_small else 14)
    return max(below, top + side)


def _draw_own_text(pdf: _PosterPdf, office: Office, top: float, colour: DeviceRGB) -> None:
    """Draw the office's own text between a line and the footer, as large as it fits."""
    languages = [language for language in (pdf.style.main, pdf.style.second) if language]
    texts = list(dict.fromkeys(office.poster_text(language) or "" for language in languages))
    height = OWN_TEXT_BOTTOM_MM - top - 3
    size = next(
        (size for size in OWN_TEXT_SIZES if _own_text_height(pdf, texts, size) <= height), OWN_TEXT_SIZES[-1]
    )
    with pdf.decoration():
        pdf.set_fill_color(colour)
        pdf.rect(pdf.place(MARGIN_MM, 2), top, 2, _own_text_height(pdf, texts, size) + 1, style="F")
    below = top
    for language, text in zip(languages, texts, strict=False):
        is_main = language == pdf.style.main
        below = _write_text(
            pdf,
            "P",
            text,
            (MARGIN_MM + 6, below, INNER_WIDTH_MM - 6),
            size if is_main else size * SECOND_SIZE_RATIO,
            bold=is_main,
            color=INK_RGB if is_main else SOFT_RGB,
            language=language,
        )


def _own_text_height(pdf: _PosterPdf, texts: Sequence[str], size: float) -> float:
    height = 0.0
    for number, text in enumerate(texts):
        points = size if number == 0 else size * SECOND_SIZE_RATIO
        pdf.use_font(text, points, bold=number == 0)
        height += len(_wrap_text(pdf, text, INNER_WIDTH_MM - 6)) * points * MM_PER_POINT * LINE_HEIGHT_RATIO
    return height


def _draw_footer(pdf: _PosterPdf, translate: TranslateInto, colour: DeviceRGB) -> None:
    top = PAGE_HEIGHT_MM - FOOTER_HEIGHT_MM
    with pdf.decoration():
        pdf.set_fill_color(colour)
        pdf.rect(0, top, PAGE_WIDTH_MM, FOOTER_HEIGHT_MM, style="F")
    below = _write_text(
        pdf,
        "P",
        translate(pdf.style.main, NO_PHONE_TEXT),
        (MARGIN_MM, top + 4.5, INNER_WIDTH_MM),
        20,
        bold=True,
        color=WHITE_RGB,
    )
    _write_second(pdf, NO_PHONE_TEXT, translate, (MARGIN_MM, below + 0.5, INNER_WIDTH_MM), 13, WHITE_RGB)
