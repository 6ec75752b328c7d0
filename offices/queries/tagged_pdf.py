"""PDF with tagged text and languages, so that a screen reader reads it in order.

fpdf2 tags pictures only. Tagging text takes three of its private names, which no other module uses.
tests/offices/queries/test_poster.py reads the tags with another program.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from fpdf import FPDF, ViewerPreferences

PdfTag = Literal["H1", "H2", "P", "Figure"]  # ISO 32000-1 section 14.8.4


class TaggedPdf(FPDF):
    """A PDF in which everything is drawn inside `tagged` or `decoration`."""

    def __init__(self, *, title: str, language: str, unit: float, page_size: tuple[float, float]) -> None:
        """Begin a document. `unit`: points per unit; `page_size` and all lengths are in units."""
        super().__init__(unit=unit, format=page_size)
        self.set_title(title)
        self.set_lang(language)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.set_auto_page_break(False)

    @contextmanager
    def tagged(self, tag: PdfTag, *, language: str | None = None, alt: str | None = None) -> Iterator[None]:
        """Tag everything drawn inside as one element of the text, in reading order."""
        mcid = self.struct_builder.next_mcid_for_page(self.page)
        self._add_marked_content(struct_type=f"/{tag}", mcid=mcid, alt_text=alt)
        spoken = f" /Lang ({language})" if language else ""
        self._out(f"/Span <</MCID {mcid}{spoken}>> BDC")
        yield
        self._out("EMC")

    @contextmanager
    def decoration(self) -> Iterator[None]:
        """Mark everything drawn inside as decoration, which a screen reader skips."""
        self._out("/Artifact BMC")
        yield
        self._out("EMC")
