"""Sphinx extension for documents that are written to be read in the repository, too.

It makes the navigation out of the links of contents pages, and turns links to files that are no page into links
to the source, or into the name of the file where no address of the source is configured.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

FIRST, LAST = 100, 900  # before the collectors of Sphinx and after the theme, which have 500
SPANISH_PAGES = "docs/handbook/es/"
SPANISH_WORDS = {
    "Auto light/dark, in dark mode": "Claro u oscuro según el sistema: ahora oscuro",
    "Auto light/dark, in light mode": "Claro u oscuro según el sistema: ahora claro",
    "Back to top": "Volver arriba",
    "Contents": "Contenido",
    "Dark mode": "Modo oscuro",
    "Expand": "Desplegar",
    "Light mode": "Modo claro",
    "Link to this heading": "Enlace a este apartado",
    "Menu": "Menú",
    "Next": "Siguiente",
    "On this page": "En esta página",
    "Previous": "Anterior",
    "Search": "Buscar",
    "Skip to content": "Ir al contenido",
    "Toggle navigation of": "Mostrar u ocultar las páginas de",
    "Toggle Light / Dark / Auto color theme": "Cambiar entre modo claro, oscuro y el del sistema",
    "Toggle site navigation sidebar": "Mostrar u ocultar la navegación",
    "Toggle table of contents sidebar": "Mostrar u ocultar el contenido de la página",
}
OFFERS = {"en": "Download the handbook as PDF", "es": "Descargar el manual en PDF"}


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("source_files", "", "env")
    app.connect("doctree-read", link_files, priority=FIRST)
    app.connect("doctree-read", add_navigation, priority=FIRST + 1)
    app.connect("doctree-read", offer_pdf, priority=FIRST + 2)
    app.connect("html-page-context", set_language)
    app.connect("html-page-context", complete_markup, priority=LAST)
    app.connect("build-finished", translate_pages)
    app.add_search_language(SearchWithoutAccents)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


# Links to files that are no page


def link_files(app: Sphinx, document: nodes.document) -> None:
    """Replace links to files and folders of the repository."""
    for link in [*document.findall(addnodes.download_reference), *document.findall(addnodes.pending_xref)]:
        if link.get("reftype") != "myst" or link.get("refdomain") == "doc":
            continue
        folder = (app.srcdir / app.env.docname).parent
        path = (folder / link["reftarget"]).resolve()
        if not path.exists() or not path.is_relative_to(app.srcdir):
            continue  # the anchor of this page, or a broken link, which MyST reports
        if path.is_dir() and (path / "README.md").exists():
            _link_page(link, app.env.path2doc(path / "README.md"))
        else:
            link.replace_self(_source_link(app, link, path.relative_to(app.srcdir).as_posix()))


def _link_page(link: nodes.Element, page: str | None) -> None:
    link["refdomain"], link["reftarget"], link["reftargetid"] = "doc", page, None


def _source_link(app: Sphinx, link: nodes.Element, path: str) -> nodes.Element:
    if app.config.source_files:
        return nodes.reference("", "", *link.children, refuri=f"{app.config.source_files.rstrip('/')}/{path}")
    shown = nodes.inline("", "", *link.children)
    if Path(path).name not in link.astext():
        shown += [nodes.Text(" ("), nodes.literal("", path), nodes.Text(")")]
    return shown


# Navigation


def add_navigation(app: Sphinx, document: nodes.document) -> None:
    """Add a hidden list of pages to each section of a contents page."""
    page = app.env.docname
    if page == app.config.root_doc or page.endswith("/README"):
        for section, caption, pages in _contents(page, document):
            section += _list_of_pages(page, pages, caption)


def _contents(page: str, document: nodes.document) -> Iterator[tuple[nodes.Element, str, list[str]]]:
    """Yield sections with links: the introduction without a caption, then those below it."""
    top = next(iter(document.findall(nodes.section)))
    below = [child for child in top.children if isinstance(child, nodes.section)]
    introduction = [child for child in top.children if child not in below]
    is_root = page == "docs/index"
    pages = [target for child in introduction for target in _linked_pages(page, child)]
    if pages:
        yield top, "", pages
    for section in below:
        if pages := _linked_pages(page, section):
            yield section, section[0].astext() if is_root else "", pages


def _linked_pages(page: str, part: nodes.Node) -> list[str]:
    """List the pages that a part links; for a folder's contents page those of its folder."""
    folder = "" if page == "docs/index" else page.rpartition("/")[0] + "/"
    links = [link for link in part.findall(addnodes.pending_xref) if link.get("refdomain") == "doc"]
    found = [link["reftarget"] for link in links if link["reftarget"].startswith(folder)]
    return [target for target in found if target != page]


def _list_of_pages(page: str, pages: list[str], caption: str) -> nodes.Element:
    """Build the node that a `toctree` directive would make."""
    tree = addnodes.toctree(
        parent=page,
        entries=[(None, target) for target in pages],
        includefiles=pages,
        maxdepth=-1,
        caption=caption or None,
        rawcaption=caption,
        glob=False,
        hidden=True,
        includehidden=False,
        numbered=0,
        titlesonly=True,
    )
    return nodes.compound("", tree, classes=["toctree-wrapper"])


# The handbook as PDF


def offer_pdf(app: Sphinx, document: nodes.document) -> None:
    """Link the printed handbook from the first page of its language, if the site has it."""
    for language, words in OFFERS.items():
        pdf = f"handbook-{language}.pdf"
        is_first_page = app.env.docname == f"docs/handbook/{language}/README"
        if is_first_page and any(Path(extra).name == pdf for extra in app.config.html_extra_path):
            link = nodes.reference("", words, refuri=f"../../../{pdf}")
            next(iter(document.findall(nodes.section))).append(nodes.paragraph("", "", link))


# Language of a page


def set_language(app: Sphinx, page: str, template: str, context: dict[str, Any], document: object) -> None:
    """Name the language of the Spanish pages of the site, for screen readers and hyphenation."""
    if page.startswith(SPANISH_PAGES):
        context["language"] = "es"


def translate_pages(app: Sphinx, error: Exception | None) -> None:
    """Translate the theme's own words on the Spanish pages of the site.

    Many stand in its templates without a call of gettext, and Sphinx has one language for a build.
    """
    if error or app.builder.name != "html":
        return
    words = re.compile(rf"([>\"]\s*)({'|'.join(map(re.escape, SPANISH_WORDS))})(?=\s*[<\"]|(?<= of) )")
    for path in Path(app.outdir, SPANISH_PAGES).glob("*.html"):
        page = words.sub(lambda match: match[1] + SPANISH_WORDS[match[2]], path.read_text())
        path.write_text(page.replace('<div class="left-details">', '<div class="left-details" lang="en">'))


def complete_markup(app: Sphinx, page: str, template: str, context: dict[str, Any], document: object) -> None:
    """Add what WCAG asks for and the generator leaves out.

    Captions of the navigation get a level, and code that may scroll gets the focus of the keyboard.
    """
    tree, body = context.get("furo_navigation_tree", ""), context.get("body", "")
    context["furo_navigation_tree"] = tree.replace('role="heading"', 'role="heading" aria-level="2"')
    context["body"] = body.replace("<pre>", '<pre tabindex="0">')


# Search


class SearchWithoutAccents(SearchEnglish):
    """English search that ignores accents, for the Spanish pages.

    static/search_accents.js does the same with what a reader types.
    """

    def stem(self, word: str) -> str:
        signs = unicodedata.normalize("NFD", word)
        return super().stem("".join(sign for sign in signs if not unicodedata.combining(sign)))
