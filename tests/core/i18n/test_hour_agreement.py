"""The Spanish article before a clock time: "las 13:15", but "la 1:15"."""

from __future__ import annotations

from pathlib import Path

import pytest
from office360.core.i18n.catalogues import Catalogues, agree_with_hour
from office360.server.app import FEATURE_FOLDERS
from office360.server.web.static_files import StaticFolder
from office360.server.web.templates import JinjaRenderer

from ...support.scripts.browser_module import call_module

SENTENCES = [
    ("entre las 0:50 y las 1:05", "entre las 0:50 y la 1:05"),
    ("Las 01:59 o las 1:00", "La 01:59 o la 1:00"),
    ("entre las 11:05 y las 13:15", "entre las 11:05 y las 13:15"),
    ("hasta las <b>1:15</b>", "hasta la <b>1:15</b>"),
    ("las 1 y las 10:15, ellas 1:15", "las 1 y las 10:15, ellas 1:15"),
]


@pytest.mark.parametrize(("text", "agreed"), SENTENCES)
def test_only_one_oclock_has_singular_article(text: str, agreed: str) -> None:
    assert agree_with_hour(text) == agreed


def test_scripts_agree_with_hour_like_the_server() -> None:
    calls = [["agreeWithHour", text] for text, _ in SENTENCES]
    assert call_module("core/i18n.js", *calls) == [agreed for _, agreed in SENTENCES]


def test_filled_translation_agrees_with_its_hours() -> None:
    catalogues = Catalogues(FEATURE_FOLDERS)
    sentence = catalogues.gettext("es", "%(start)s and %(end)s")
    assert sentence % {"start": "0:50", "end": "1:05"} == "las 0:50 y la 1:05"
    assert catalogues.gettext("en", "until %(time)s") % {"time": "1:05"} == "until 1:05"


def test_template_agrees_with_its_hours_and_escapes(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    template = tmp_path / "templates" / "message.html"
    template.write_text('{{ _("until %(time)s", time=time) }} {{ _("until %(time)s", time=other) }}')
    folders = [tmp_path, *FEATURE_FOLDERS]
    renderer = JinjaRenderer(folders, Catalogues(folders), StaticFolder(tmp_path))
    page = renderer.text("es", "message.html", {"time": "1:05", "other": "<13:05>"})
    assert page == "hasta la 1:05 hasta las &lt;13:05&gt;"
