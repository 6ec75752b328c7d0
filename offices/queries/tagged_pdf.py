"""PDF with tagged text and languages, so that a screen reader reads it in order.

fpdf2 tags pictures only, and cuts Arabic words. Both take private names of it, which no other module uses.
tests/offices/queries/test_poster.py reads the tags with another program.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

from fpdf import FPDF, ViewerPreferences
from fpdf.line_break import Fragment
from fpdf.syntax import PDFString

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

    def _preload_bidirectional_text(self, text: str, markdown: bool) -> Sequence[Fragment]:
        """Join what fpdf2 cuts before and after a mark: letters of two fragments are not joined."""
        fragments: list[Fragment] = []
        for fragment in super()._preload_bidirectional_text(text, markdown):
            if fragments and fragments[-1].has_same_style(fragment):
                fragments[-1].characters += fragment.characters
            else:
                fragments.append(fragment)
        return fragments

    @contextmanager
    def tagged(
        self, tag: PdfTag, *, language: str | None = None, alt: str | None = None, actual: str | None = None
    ) -> Iterator[None]:
        """Tag everything drawn inside as one element of the text, in reading order.

        `actual`: the text in logical order, for letters that are drawn in another order.
        """
        mcid = self.struct_builder.next_mcid_for_page(self.page)
        element = self._add_marked_content(struct_type=f"/{tag}", mcid=mcid, alt_text=alt)
        if actual is not None:
            element.actual_text = PDFString(actual)  # type: ignore[attr-defined]  # fpdf2 writes every attribute
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
