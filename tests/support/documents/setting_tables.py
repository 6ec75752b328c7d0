"""Tables of settings in docs/, made of their declarations. `python -m` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from office360.appointments.domain.agenda_settings import AgendaSettings
from office360.offices.domain.documents.field import (
    Field,
    Flag,
    Nested,
    Number,
    TimeOfDay,
    setting_values,
    settings_by_path,
)
from office360.queue.domain.line_settings import LineSettings

DOCS = Path(__file__).parents[3] / "docs"
PAGES: dict[str, Any] = {"queue_settings.md": LineSettings(), "appointment_settings.md": AgendaSettings()}
UNITS = {"": "", "seconds": " s", "minutes": " min", "days": " d"}
TABLE = re.compile(r"(?<=\n)\| setting \| default \| from – to \| meaning \|\n(\|.*\n)+")


def settings_table(defaults: Any) -> str:
    """Return the table of a class of settings, a row for each dotted name."""
    document: Any = type(defaults)
    values = setting_values(defaults)
    rows = [
        f"| `{name}` | {_default(kind, values.get(name))} | {_range(kind)} | {kind.label}. {kind.example} |"
        for name, kind in settings_by_path(document).items()
    ]
    return "\n".join(["| setting | default | from – to | meaning |", "|---|---|---|---|", *rows, ""])


def with_tables(page: str, text: str) -> str:
    """Return a page with its table made anew."""
    return TABLE.sub(lambda _: settings_table(PAGES[page]), text)


def _default(kind: Field, value: Any) -> str:
    if isinstance(kind, Nested):
        return "see below"
    if value is None or value is False:
        return "false" if isinstance(kind, Flag) else kind.no_value
    return f"{value}{UNITS[kind.unit] if isinstance(kind, Number) else ''}"


def _range(kind: Field) -> str:
    off = " or false" if kind.can_be_off else ""
    if isinstance(kind, Number):
        return f"{kind.least} – {kind.most}{off}"
    return {Flag: "true or false", TimeOfDay: f"a time{off}", Nested: "a table or false"}[type(kind)]


if __name__ == "__main__":
    for name in PAGES:
        path = DOCS / name
        path.write_text(with_tables(name, path.read_text()))
