"""Every setting of docs/ has words, a unit and an example for managers."""

from __future__ import annotations

import re
from pathlib import Path

from office360.appointments.service import AGENDA_BOUNDS
from office360.management.web.settings.agenda_setting_texts import AGENDA_SETTING_GROUPS, AGENDA_SETTINGS
from office360.management.web.settings.line_setting_texts import LINE_SETTING_GROUPS, LINE_SETTINGS
from office360.queue.service import LINE_SETTING_BOUNDS

DOCS = Path(__file__).parents[3] / "docs"


def documented(page: str) -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", (DOCS / page).read_text(), re.MULTILINE))


def test_every_documented_setting_of_a_line_has_words() -> None:
    grouped = [name for _, names in LINE_SETTING_GROUPS for name in names]
    assert documented("queue_settings.md") & set(LINE_SETTING_BOUNDS) == set(LINE_SETTINGS) == set(grouped)
    assert set(LINE_SETTING_BOUNDS) == set(LINE_SETTINGS)
    assert len(grouped) == len(set(grouped))


def test_every_documented_setting_of_an_agenda_has_words() -> None:
    agenda, reminders = (DOCS / "appointment_settings.md").read_text().split("## Reminders")
    rows = set(re.findall(r"^\| `(\w+)` \|", agenda.split("## Capacity")[0], re.MULTILINE))
    parts = set(re.findall(r"^\| `(\w+)` \|", reminders.split("## Capacity")[0], re.MULTILINE))
    shown = {name for _, names in AGENDA_SETTING_GROUPS for name in names}
    assert rows == {name.split(".")[0] for name in shown}
    assert {f"reminders.{name}" for name in parts} <= shown
    assert set(AGENDA_BOUNDS) | shown <= set(AGENDA_SETTINGS)
    assert shown >= set(AGENDA_BOUNDS)
