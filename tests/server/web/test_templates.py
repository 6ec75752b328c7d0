"""Templates in several languages."""

from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment
from office360.core.i18n.catalogues import Catalogues
from office360.core.i18n.languages import LanguageChoice
from office360.server.app import FEATURE_FOLDERS, ROOT
from office360.server.web import templates
from office360.server.web.static_files import StaticFolder
from office360.server.web.templates import JinjaRenderer, SharedTemplates


def test_languages_share_compiled_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "SharedTemplates", SharedTemplates)  # not that of the whole run
    compiled: list[str | None] = []

    def compile_counted(self: Environment, source: str, name: str | None, filename: str | None) -> Any:
        compiled.append(name)
        return compile_template(self, source, name, filename)

    compile_template = Environment.compile
    monkeypatch.setattr(Environment, "compile", compile_counted)
    source = '{{ _("Sign in to continue.") }} {{ lang }}, {{ figure | decimal }}'
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "tried.txt").write_text(source)
    catalogues = Catalogues(FEATURE_FOLDERS, LanguageChoice(("es", "en", "ar")))
    pages = JinjaRenderer([*FEATURE_FOLDERS, tmp_path], catalogues, StaticFolder(ROOT / "static"))

    shown = [pages.text(language, "tried.txt", {"figure": 4.5}) for language in ("es", "en", "ar")]

    assert shown == [
        "Entra con tu cuenta para seguir. es, 4,5",
        "Sign in to continue. en, 4.5",
        f"{catalogues.gettext('ar', 'Sign in to continue.')} ar، 4.5",
    ]
    assert sorted(map(str, compiled)) == ["parts.html", "tried.txt"]
