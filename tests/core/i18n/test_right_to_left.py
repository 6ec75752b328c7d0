"""Pages of languages that are written from the right."""

from pathlib import Path

import pytest
from office360.core.i18n.catalogues import END_OF_ISOLATE, ISOLATE, Catalogues
from office360.core.i18n.languages import LanguageChoice, join_list
from office360.server.app import FEATURE_FOLDERS, ROOT
from office360.server.web.static_files import StaticFolder
from office360.server.web.templates import JinjaRenderer

LANGUAGES = LanguageChoice(("es", "ar"))


def render(folder: Path, language: str, source: str) -> str:
    """Render a template beside those of the product."""
    (folder / "templates").mkdir()
    (folder / "templates" / "tried.txt").write_text(source, encoding="utf-8")
    folders = [*FEATURE_FOLDERS, folder]
    pages = JinjaRenderer(folders, Catalogues(FEATURE_FOLDERS, LANGUAGES), StaticFolder(ROOT / "static"))
    return pages.text(language, "tried.txt", {"day": "today", "time": "9:20", "names": ["A", "B"]})


@pytest.mark.parametrize(
    ("language", "expected"), [("es", "today, 9:20, A, B 1, 2"), ("ar", "today، 9:20، A، B 1, 2")]
)
def test_values_have_the_comma_of_the_language(tmp_path: Path, language: str, expected: str) -> None:
    """Figures and attributes keep theirs."""
    assert (
        render(tmp_path, language, '{{ day }}, {{ time }}{% if day %}, {{ names | join(", ") }}{% endif %} 1, 2')
        == expected
    )


@pytest.mark.parametrize(("icon", "turns"), [("arrow", True), ("back", True), ("send", True), ("clock", False)])
def test_icons_along_the_line_are_mirrored(tmp_path: Path, icon: str, *, turns: bool) -> None:
    """`static/core/components.css` mirrors those of the class in right-to-left pages."""
    assert ('class="icon turns"' in render(tmp_path, "ar", f'{{{{ parts.icon("{icon}") }}}}')) is turns


def test_text_of_other_direction_is_isolated_on_a_page(tmp_path: Path) -> None:
    """Its full stop stands at its end, not at the end of the Arabic line."""
    legal = "Nothing is recorded. The office will let you in when it is your turn."
    shown = render(tmp_path, "ar", f"{{{{ _('{legal}') }}}}")
    assert (shown[0], shown[-1]) == (ISOLATE, END_OF_ISOLATE)
    assert shown[1:].startswith("No se graba nada.")


@pytest.mark.parametrize(("language", "expected"), [("es", "Registro, Padrón"), ("ar", "Registro، Padrón")])
def test_lists_have_the_comma_of_the_language(language: str, expected: str) -> None:
    assert join_list(["Registro", "Padrón"], language) == expected
