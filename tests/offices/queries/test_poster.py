"""The poster as other programs read it: PDFium and a QR reader."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
import zxingcpp
from office360.core.i18n.catalogues import Catalogues
from office360.offices.domain.office import MAX_POSTER_TEXT
from office360.offices.service import Logo, Site, SiteProfile, clean_logo, posters_pdf
from PIL import Image

from ...conftest import MORNING

ROOT = Path(__file__).parents[3]
CATALOGUES = Catalogues([ROOT / "offices"])
SHORT = "https://turnos.example.org/o/centro"
LONG = "https://citaprevia.sede-electronica.ayuntamiento.example.org/o/vilanova-i-la-geltru"
LONG_NAME = "Oficina de Atención a la Ciudadanía de Vilanova i la Geltrú, Façana Marítima"
POINTS_PER_MM = 72 / 25.4
DPI = 150


def draw_poster(
    name: str = "Oficina Centro",
    address: str = SHORT,
    street: str = "Calle del Olivar, 12",
    site: Site | None = None,
    own: dict[str, str] | None = None,
    copies: int = 1,
    **style: Any,
) -> bytes:
    office: Any = SimpleNamespace(
        name=name,
        address=street,
        poster_texts=own,
        poster_text=lambda language: (own or {}).get(language) or (own or {})["es"],
    )
    pages = [(office, address)] * copies
    return posters_pdf(pages, site or Site(), CATALOGUES.gettext, MORNING, **style)


@pytest.fixture
def poster() -> Iterator[pypdfium2.PdfDocument]:
    yield from open_document(draw_poster())


def open_document(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    with pypdfium2.PdfDocument(pdf) as document:
        yield document


def read_text(document: pypdfium2.PdfDocument) -> str:
    return " ".join(document[0].get_textpage().get_text_bounded().split())


@pytest.mark.parametrize("address", [SHORT, LONG])
def test_printed_qr_code_contains_the_office_address(address: str) -> None:
    for document in open_document(draw_poster(address=address)):
        picture = document[0].render(scale=DPI / 72).to_pil()
        codes = zxingcpp.read_barcodes(picture.convert("L"))
    assert [(one.text, one.ec_level) for one in codes] == [(address, "H")]


def test_qr_code_is_readable_with_a_torn_corner(poster: pypdfium2.PdfDocument) -> None:
    picture = poster[0].render(scale=DPI / 72).to_pil().convert("L")
    left, upper, right, lower = (round(side * DPI / 25.4) for side in (18, 48, 106, 136))
    code = picture.crop((left, upper, right, lower))
    width, height = code.size
    code.paste(255, (round(width * 0.62), round(height * 0.62), width, height))
    assert [one.text for one in zxingcpp.read_barcodes(code)] == [SHORT]


def test_poster_is_one_a4_page(poster: pypdfium2.PdfDocument) -> None:
    assert len(poster) == 1
    width, height = poster[0].get_size()
    assert (round(width / POINTS_PER_MM), round(height / POINTS_PER_MM)) == (210, 297)


def test_poster_has_both_languages_and_the_typed_address(poster: pypdfium2.PdfDocument) -> None:
    said = read_text(poster)
    for sentence in (
        "Oficina Centro",
        "Calle del Olivar, 12",
        "Coge tu turno con el móvil",
        "Apunta con la cámara al código.",
        "Wait wherever you like. Your phone will tell you when to come and to which desk.",
        "¿No tienes móvil? Pregunta en la entrada.",
        "turnos.example.org/o/centro",
    ):
        assert sentence in said


def test_poster_pdf_has_title_and_language(poster: pypdfium2.PdfDocument) -> None:
    assert poster.get_metadata_dict()["Title"] == "Cartel con el código QR, Oficina Centro"
    assert b"/Lang (es)" in draw_poster()
    assert b"/DisplayDocTitle true" in draw_poster()


def test_poster_tags_follow_reading_order(poster: pypdfium2.PdfDocument) -> None:
    parts = list(_read_tags(poster))
    assert [tag for tag, _ in parts][:5] == ["H1", "P", "H2", "P", "Figure"]
    assert dict(parts)["Figure"] == f"Código QR que abre {SHORT}"
    assert {tag for tag, _ in parts} == {"H1", "H2", "P", "Figure"}


def _read_tags(document: pypdfium2.PdfDocument) -> Iterator[tuple[str, str]]:
    """The elements of the first page and their alternative texts, by PDFium's own reading."""
    page = document[0]  # closing the page would destroy the tree
    tree = pdfium.FPDF_StructTree_GetForPage(page.raw)
    root = pdfium.FPDF_StructTree_GetChildAtIndex(tree, 0)
    assert _read_string(pdfium.FPDF_StructElement_GetType, root) == "Document"
    for index in range(pdfium.FPDF_StructElement_CountChildren(root)):
        element = pdfium.FPDF_StructElement_GetChildAtIndex(root, index)
        yield (
            _read_string(pdfium.FPDF_StructElement_GetType, element),
            _read_string(pdfium.FPDF_StructElement_GetAltText, element),
        )
    pdfium.FPDF_StructTree_Close(tree)


def _read_string(read: Any, element: Any) -> str:
    length = read(element, None, 0)
    buffer = ctypes.create_string_buffer(length)
    read(element, buffer, length)
    return buffer.raw.decode("utf-16-le").rstrip("\0")


def test_words_are_separated_at_line_ends(poster: pypdfium2.PdfDocument) -> None:
    page = poster[0]
    textpage = page.get_textpage()
    drawn = [one.extract() for one in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], textpage=textpage)]
    assert "Coge tu turno con el móvil" in "".join(drawn)


def test_poster_fonts_are_embedded(poster: pypdfium2.PdfDocument) -> None:
    fonts, page = set(), poster[0]
    for one in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
        font = pdfium.FPDFTextObj_GetFont(one.raw)
        buffer = ctypes.create_string_buffer(64)
        pdfium.FPDFFont_GetBaseFontName(font, buffer, 64)
        fonts.add((buffer.value.decode().partition("+")[2], bool(pdfium.FPDFFont_GetIsEmbedded(font))))
    assert fonts == {("Inter", True), ("InterBold", True)}
    assert len(draw_poster()) < 60_000  # only the letters that are used


@pytest.mark.parametrize(
    "name",
    [
        "Oficina Centro",
        LONG_NAME,
        "Òmnium d’Alcoi · Ñuñoa",
        "Etxeberria-Goikoetxeatarrenborda-udalbulego-nagusia",
    ],
)
def test_long_names_are_neither_cut_nor_overlapping(name: str) -> None:
    for document in open_document(
        draw_poster(name, LONG, "Plaça de l’Església, 1, 08800 Vilanova i la Geltrú (Barcelona)")
    ):
        page = document[0]
        width, height = page.get_size()
        boxes = [one.get_bounds() for one in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT])]
        said = read_text(document).replace(" ", "").replace("\ufffe", "")
    assert name.replace(" ", "") in said
    assert all(left >= 17 * POINTS_PER_MM and right <= width - 17 * POINTS_PER_MM for left, _, right, _ in boxes)
    assert all(bottom >= 5 * POINTS_PER_MM and top <= height - 10 * POINTS_PER_MM for _, bottom, _, top in boxes)
    assert not [pair for pair in _pairs(boxes) if _do_overlap(*pair)]


@pytest.mark.parametrize("size", ["a4", "a3"])
def test_own_text_of_full_length_fits_the_page(size: str) -> None:
    own = dict.fromkeys(("es", "en"), ("Obras: entra por la calle de la Fuente. " * 4)[:MAX_POSTER_TEXT])
    own["en"] = own["en"].replace("Obras", "Works")
    site = Site(profile=SiteProfile(names={"es": LONG_NAME}))
    scale = {"a4": 1, "a3": 2**0.5}[size]
    for document in open_document(draw_poster(LONG_NAME, LONG, site=site, own=own, size=size)):
        page = document[0]
        assert round(page.get_size()[0] / POINTS_PER_MM) == round(210 * scale)
        boxes = [one.get_bounds() for one in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT])]
        said = read_text(document).replace("\ufffe", "")
    assert " ".join(own["es"].split()) in said
    assert " ".join(own["en"].split()) in said
    footer = 27 * scale * POINTS_PER_MM
    assert not [box for box in boxes if box[1] < footer < box[3] + 1]
    assert not [pair for pair in _pairs(boxes) if _do_overlap(*pair)]


def test_posters_of_offices_are_pages_in_chosen_languages() -> None:
    for document in open_document(draw_poster(main="en", second=None, copies=3)):
        assert len(document) == 3
        assert "Point your camera at the code." in read_text(document)
        assert "Apunta" not in read_text(document)


TextBox = tuple[float, float, float, float]


def _pairs(boxes: list[TextBox]) -> Iterator[tuple[TextBox, TextBox]]:
    yield from ((one, other) for place, one in enumerate(boxes) for other in boxes[place + 1 :])


def _do_overlap(one: TextBox, other: TextBox) -> bool:
    """Whether two lines of text touch; a point of tolerance for accents."""
    sideways = min(one[2], other[2]) - max(one[0], other[0])
    upwards = min(one[3], other[3]) - max(one[1], other[1])
    return sideways > 1 and upwards > 1


def png_logo() -> Logo:
    output = io.BytesIO()
    Image.new("RGB", (40, 20), (139, 30, 63)).save(output, "PNG")
    return clean_logo(output.getvalue())


def svg_logo(inside: str) -> Logo:
    return clean_logo(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20">{inside}</svg>'.encode())


@pytest.mark.parametrize(
    "logo",
    [png_logo(), svg_logo('<rect width="40" height="20" fill="#8B1E3F"/>')],
    ids=["png", "svg"],
)
def test_poster_shows_name_logo_and_colour_of_the_organisation(logo: Logo) -> None:
    profile = SiteProfile(names={"es": LONG_NAME}, primary_colour="#8B1E3F", plaque_colour="#5B2A86")
    for document in open_document(draw_poster(site=Site(profile=profile, logo=logo))):
        assert LONG_NAME in read_text(document)
        assert "Oficina Centro" in read_text(document)
        picture = document[0].render(scale=DPI / 72).to_pil().convert("RGB")
        colours = {colour for _, colour in picture.getcolors(1 << 20) or []}
        assert {(0x8B, 0x1E, 0x3F), (0x5B, 0x2A, 0x86)} <= colours
        assert (0x0B, 0x5C, 0x6B) not in colours
        codes = zxingcpp.read_barcodes(picture.convert("L"))
    assert [one.text for one in codes] == [SHORT]


def test_poster_without_a_drawable_logo_shows_the_name(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(profile=SiteProfile(names={"es": "Valdemora"}), logo=svg_logo('<path d="M1 1 Q"/>'))
    for document in open_document(draw_poster(site=site)):
        assert "Valdemora" in read_text(document)
    assert "poster_logo_not_drawn" in caplog.text
