"""The poster as other programs read it: PDFium and a QR reader."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
import zxingcpp
from office360.core.i18n.catalogues import Catalogues
from office360.core.i18n.languages import LANGUAGES, LanguageChoice
from office360.offices.domain.office import MAX_POSTER_TEXT
from office360.offices.service import Logo, Site, SiteProfile, clean_logo, posters_pdf
from PIL import Image

from ...conftest import MORNING

ROOT = Path(__file__).parents[3]
CATALOGUES = Catalogues([ROOT / "offices"], LanguageChoice(LANGUAGES))
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
    assert [(code.text, code.ec_level) for code in codes] == [(address, "H")]


def test_qr_code_is_readable_with_a_torn_corner(poster: pypdfium2.PdfDocument) -> None:
    picture = poster[0].render(scale=DPI / 72).to_pil().convert("L")
    left, upper, right, lower = (round(side * DPI / 25.4) for side in (18, 48, 106, 136))
    code = picture.crop((left, upper, right, lower))
    width, height = code.size
    code.paste(255, (round(width * 0.62), round(height * 0.62), width, height))
    assert [code.text for code in zxingcpp.read_barcodes(code)] == [SHORT]


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


def _read_tags(
    document: pypdfium2.PdfDocument, read_text_of: Any = pdfium.FPDF_StructElement_GetAltText
) -> Iterator[tuple[str, str]]:
    """Yield the elements of the first page and a text of each, as PDFium reads them."""
    page = document[0]  # closing the page would destroy the tree
    tree = pdfium.FPDF_StructTree_GetForPage(page.raw)
    root = pdfium.FPDF_StructTree_GetChildAtIndex(tree, 0)
    assert _read_string(pdfium.FPDF_StructElement_GetType, root) == "Document"
    for index in range(pdfium.FPDF_StructElement_CountChildren(root)):
        element = pdfium.FPDF_StructElement_GetChildAtIndex(root, index)
        yield (
            _read_string(pdfium.FPDF_StructElement_GetType, element),
            _read_string(read_text_of, element),
        )
    pdfium.FPDF_StructTree_Close(tree)


def _read_string(read: Any, element: Any) -> str:
    length = read(element, None, 0)
    buffer = ctypes.create_string_buffer(max(length, 1))
    read(element, buffer, length)
    return buffer.raw[:length].decode("utf-16-le").rstrip("\0")


def test_words_are_separated_at_line_ends(poster: pypdfium2.PdfDocument) -> None:
    page = poster[0]
    textpage = page.get_textpage()
    drawn = [
        drawing.extract() for drawing in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], textpage=textpage)
    ]
    assert "Coge tu turno con el móvil" in "".join(drawn)


def test_poster_fonts_are_embedded(poster: pypdfium2.PdfDocument) -> None:
    fonts, page = set(), poster[0]
    for drawing in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
        font = pdfium.FPDFTextObj_GetFont(drawing.raw)
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
        boxes = [drawing.get_bounds() for drawing in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT])]
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
        boxes = [drawing.get_bounds() for drawing in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT])]
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
    yield from ((box, other) for place, box in enumerate(boxes) for other in boxes[place + 1 :])


def _do_overlap(box: TextBox, other: TextBox) -> bool:
    """Whether two lines of text touch; a point of tolerance for accents."""
    sideways = min(box[2], other[2]) - max(box[0], other[0])
    upwards = min(box[3], other[3]) - max(box[1], other[1])
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
    assert [code.text for code in codes] == [SHORT]


def test_poster_without_a_drawable_logo_shows_the_name(caplog: pytest.LogCaptureFixture) -> None:
    site = Site(profile=SiteProfile(names={"es": "Valdemora"}), logo=svg_logo('<path d="M1 1 Q"/>'))
    for document in open_document(draw_poster(site=site)):
        assert "Valdemora" in read_text(document)
    assert "poster_logo_not_drawn" in caplog.text


# Arabic


def text_objects(document: pypdfium2.PdfDocument) -> list[tuple[str, TextBox]]:
    """Return each drawn run of letters with its bounds."""
    page = document[0]
    textpage = page.get_textpage()
    objects = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], textpage=textpage)
    return [(drawn.extract().strip(), drawn.get_bounds()) for drawn in objects]


def positions(document: pypdfium2.PdfDocument, characters: str) -> list[float]:
    """Return the left edges of letters, of the last on the page if there are several."""
    page = document[0]
    textpage = page.get_textpage()
    count = textpage.count_chars()
    places = {textpage.get_text_range(index, 1): textpage.get_charbox(index)[0] for index in range(count)}
    return [places[character] for character in characters]


def ink_widths(document: pypdfium2.PdfDocument, box: TextBox) -> list[int]:
    """Return the widths of the pieces of ink in a box, from the left."""
    scale, height = 4, document[0].get_size()[1]
    picture = document[0].render(scale=scale).to_pil().convert("L")
    left, bottom, right, top = box
    word = picture.crop(
        tuple(round(side * scale) for side in (left - 2, height - top, right + 2, height - bottom))
    )
    columns = [min(word.crop((x, 0, x + 1, word.height)).tobytes()) < 128 for x in range(word.width)]
    return [len(list(piece)) for is_ink, piece in groupby(columns) if is_ink]


def is_in_own_text(box: TextBox) -> bool:
    """Whether letters stand between the steps and the foot of the page."""
    return 30 < box[1] / POINTS_PER_MM < 78


@pytest.mark.parametrize("word", ["سسسسس", "ببّببب", "حلا"])
def test_arabic_words_are_joined(word: str) -> None:
    own = {"ar": f"{word} {word}"}
    for document in open_document(draw_poster(main="ar", second=None, own=own)):
        drawn = [box for text, box in text_objects(document) if word[0] in text and is_in_own_text(box)]
        left, bottom, right, top = zip(*drawn, strict=True)
        pieces = ink_widths(document, (min(left), min(bottom), max(right), max(top)))
    assert len(pieces) == 2


@pytest.mark.parametrize(
    ("language", "text", "from_the_left"),
    [
        ("ar", "غزة: Xyz، طابق A 083 ث", "ثA083Xyzغ"),
        ("es", "Xyz ذ 48 ظ, K5", "Xظ48ذK5"),
    ],
)
def test_lines_of_both_scripts_are_in_visual_order(language: str, text: str, from_the_left: str) -> None:
    for document in open_document(draw_poster(main=language, second=None, own={language: text})):
        places = positions(document, from_the_left)
    assert places == sorted(places)
    assert len(set(places)) == len(places)


@pytest.mark.parametrize(("main", "second"), [("ar", None), ("ar", "es"), ("es", "ar"), ("ca", "ar")])
def test_first_language_decides_the_side_of_the_page(main: str, second: str | None) -> None:
    for document in open_document(draw_poster(main=main, second=second)):
        width = document[0].get_size()[0]
        picture = document[0].render(scale=DPI / 72).to_pil()
        code = zxingcpp.read_barcodes(picture.convert("L"))[0]
        is_right = code.position.top_left.x > picture.width / 2
        left, _, right, _ = dict(text_objects(document))["turnos.example.org/o/centro"]
    assert is_right == (main == "ar")
    assert round((width - right if is_right else left) / POINTS_PER_MM) == 18


@pytest.mark.parametrize(("main", "second"), [("ar", "es"), ("es", "ar"), ("ca", "ar")])
def test_screen_reader_gets_arabic_in_logical_order(main: str, second: str) -> None:
    own = {"ar": "الرقم A 008 (الطابق 2)", "es": "Obras", "ca": "Obres"}
    for document in open_document(draw_poster(main=main, second=second, own=own)):
        spoken = {text for _, text in _read_tags(document, pdfium.FPDF_StructElement_GetActualText)}
    assert spoken >= {own["ar"], "وجّه كاميرا هاتفك نحو الرمز.", "اذكر هل لديك موعد أم لا."}


def test_copied_arabic_is_in_logical_order() -> None:
    for document in open_document(draw_poster(main="ar", second="es")):
        copied = read_text(document)
    for sentence in ("خذ دورك بهاتفك المحمول", "اذكر هل لديك موعد أم لا.", "Di si vienes con cita o sin cita."):
        assert sentence in copied


def test_lines_of_one_text_have_one_size() -> None:
    own = {"ar": "ادخلوا من شارع: Avenida de la Constitución de Valdemora هنا"}
    for document in open_document(draw_poster(main="ar", second=None, own=own)):
        page = document[0]
        textpage = page.get_textpage()
        sizes = {
            round(pdfium.FPDFText_GetFontSize(textpage, index))
            for index in range(textpage.count_chars())
            if textpage.get_text_range(index, 1).strip() and is_in_own_text(textpage.get_charbox(index))
        }
    assert len(sizes) == 1


def test_arabic_texts_of_full_length_fit_the_page() -> None:
    own = {"ar": ("أشغال: ادخلوا من شارع Calle de la Fuente، رقم 12. " * 4)[:MAX_POSTER_TEXT]}
    own["es"] = ("Obras: entra por la calle de la Fuente. " * 4)[:MAX_POSTER_TEXT]
    site = Site(profile=SiteProfile(names={"es": LONG_NAME, "ar": "بلدية فيلانوفا إي لا جيلترو " * 2}))
    for document in open_document(draw_poster(LONG_NAME, LONG, site=site, own=own, main="ar", second="es")):
        width = document[0].get_size()[0]
        page = document[0]
        boxes = [drawn.get_bounds() for drawn in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT])]
    assert all(left >= 17 * POINTS_PER_MM and right <= width - 17 * POINTS_PER_MM for left, _, right, _ in boxes)
    footer = 27 * POINTS_PER_MM
    assert not [box for box in boxes if box[1] < footer < box[3] + 1]
