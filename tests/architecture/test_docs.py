"""What the documents claim about the code is compared with the code."""

from __future__ import annotations

import re
from pathlib import Path

from office360.rooms.realtime.room_socket import COMMANDS
from office360.server.jobs import nightly_cleanup
from office360.server.schema import metadata
from office360.server.settings import PREFIX, Settings
from pydantic_core import PydanticUndefined

ROOT = Path(__file__).parent.parent.parent


def test_every_setting_is_documented_as_it_is() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    expected = {PREFIX + name.upper(): _row(name) for name in Settings.model_fields}
    assert rows == expected


def _row(name: str) -> str:
    field = Settings.model_fields[name]
    default = field.default
    shown = (
        "–"
        if default in (PydanticUndefined, "", None)
        else f"`{str(default).lower() if isinstance(default, bool) else default}`"
    )
    return f"{shown} | {field.description}"


def test_how_long_everything_is_kept_is_said_of_every_table() -> None:
    deploying = (ROOT / "docs" / "deploy" / "README.md").read_text()
    section = deploying.partition("## Data retention")[2].partition("\n## ")[0]
    cells = [line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `")]
    told = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(told) == sorted(metadata.tables)
    assert f"{nightly_cleanup.KEYS_KEPT.days} days after it was due" in section


def test_every_decision_is_listed_in_order() -> None:
    files = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [name[:4] for name in files] == [f"{number:04d}" for number in range(1, len(files) + 1)]


def test_every_link_of_the_documents_leads_somewhere() -> None:
    broken = []
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text()):
            if not target.startswith(("http:", "https:", "mailto:")) and not (document.parent / target).exists():
                broken.append(f"{document.relative_to(ROOT)}: {target}")
    assert broken == []


def test_every_folder_of_the_house_is_in_the_map() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for folder in ("core", "signaling", "offices", "queue", "rooms", "precheck", "appointments", "notifications"):
        assert f"`{folder}/`" in text


def test_every_message_of_the_wire_is_documented() -> None:
    documented = set(re.findall(r"`(\w+)", (ROOT / "docs" / "protocol.md").read_text()))
    said = {
        name
        for folder in ("signaling", "rooms", "queue", "staff", "precheck")
        for path in (ROOT / folder).glob("*.py")
        for name in re.findall(r'"type": "(\w+)"', path.read_text())
    }
    assert {"ticket", "office", "welcome"} <= said
    assert sorted((said | set(COMMANDS)) - documented) == []
