"""Modules that a page can start, read from the text of the templates."""

from __future__ import annotations

from pathlib import Path

import pytest
from office360.server.bundling.template_modules import page_modules

BASE = {"core/menu", "core/foot"}
TEMPLATES = {
    "base": "{% block top %}{{ parts.menu() }}{% endblock %}{% block main %}{% endblock %}"
    '{% include "foot.html" %}',
    "foot": '<p data-module="core/foot">',
    "parts": '{% macro menu() %}<nav data-module="core/menu">{% endmacro %}'
    '{% macro unused() %}<nav data-module="core/unused">{% endmacro %}',
    "fields": "{% macro field() %}{{ hint() }}{% endmacro %}"
    '{% macro hint() %}<p data-module="core/hint">{% endmacro %}',
    "layout": '{% extends "base.html" %}{% block main %}<b data-module="core/frame">'
    "{% block content %}{% endblock %}{% endblock %}",
    "mail": '<p data-module="core/mail">',
}


@pytest.mark.parametrize(
    ("parent", "rest", "modules"),
    [
        ("base", "", BASE),
        ("base", '{% block main %}<p data-module="a/b a/c">{% endblock %}', {*BASE, "a/b", "a/c"}),
        ("base", '{% block main %}<p{% if x %} data-module="a/c"{% endif %}>{% endblock %}', {*BASE, "a/c"}),
        ("base", "{% block top %}{% endblock %}", {"core/foot"}),
        ("base", "{% block top %}{{ super() }}{% endblock %}", BASE),
        ("layout", '{%- block content -%}<p data-module="a/b">{% endblock %}', {*BASE, "core/frame", "a/b"}),
        ("base", '{% from "fields.html" import hint %}{# data-module="a/b" #}', BASE),
        (
            "base",
            '{% import "fields.html" as fields with context %}{% block main %}{{ fields.field() }}{% endblock %}',
            {*BASE, "core/hint"},
        ),
    ],
)
def test_page_has_modules_of_what_it_renders(tmp_path: Path, parent: str, rest: str, modules: set[str]) -> None:
    folder = tmp_path / "queue" / "templates"
    folder.mkdir(parents=True)
    for name, text in {**TEMPLATES, "page": f'{{% extends "{parent}.html" %}}{rest}'}.items():
        (folder / f"{name}.html").write_text(text)
    found = page_modules(tmp_path)
    assert found["page.html"] == modules
    assert "mail.html" not in found
