"""A setting of a line or an agenda is named only where it is declared."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from office360.appointments.domain.agenda_settings import AgendaSettings
from office360.offices.domain.documents.field import attribute_names, settings_by_path
from office360.queue.domain.line_settings import LineSettings
from office360.server.app import FEATURE_FOLDERS

from ..support.suite.source_files import constants_of_file

ROOT = Path(__file__).parents[2]
# Settings that depend on others: rules of their own in the form of the agenda, in the city file and in the demo.
WITH_RULES = re.compile(r"release(\.\w+)?|reminders|step|lead|horizon_days|buffer_(before|after)|internal(\.\w+)?")
OWNERS = ("appointments/domain/", "queue/domain/", "server/demo/", "server/migrations/")


def setting_names() -> set[str]:
    line: Any = LineSettings
    agenda: Any = AgendaSettings
    names = {*attribute_names(line), *attribute_names(line).values(), *settings_by_path(agenda)}
    return {name for name in names if not WITH_RULES.fullmatch(name)}


def test_form_audit_and_city_file_name_no_single_setting() -> None:
    names = setting_names()
    assert len(names) > 30
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for folder in FEATURE_FOLDERS
        for path in folder.rglob("*.py")
        if not path.relative_to(ROOT).as_posix().startswith(OWNERS)
        for name in constants_of_file(path) & names
    }
    assert found == set()
