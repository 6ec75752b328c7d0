"""`office360 city`: what it prints before a change, and one line for every wrong value."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from office360.offices.service import Office
from office360.server.cli import main

from ..conftest import TEST_SECRET

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Command = Callable[..., tuple[str, str]]
OFFICE_FILE = """
[offices.sur]
name = "Oficina Sur"
address = "Calle Mayor, 1"
timezone = "Europe/Madrid"
"""


@pytest.fixture
def command(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs a command, and returns what it printed and its refusal."""
    monkeypatch.setattr("office360.server.process.logging.configure_logging", lambda *_, **__: None)
    monkeypatch.setenv("OFFICE360_DATABASE_URL", database_url)
    monkeypatch.setenv("OFFICE360_SECRET_KEY", TEST_SECRET)
    monkeypatch.setenv("OFFICE360_PUBLIC_URL", "https://citas.example.org")
    monkeypatch.setattr("sys.stdin", io.StringIO())

    def run(*arguments: str) -> tuple[str, str]:
        code: object = ""
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as ended:
            code = ended.code
        printed = capsys.readouterr()
        return printed.out, code if isinstance(code, str) else printed.err

    return run


def write_file(tmp_path: Path, content: str | bytes) -> str:
    path = tmp_path / "city.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_export_and_import_of_city_change_nothing(office: Office, command: Command, tmp_path: Path) -> None:
    path = str(tmp_path / "city.toml")
    assert command("city", "export", path) == ("", "")
    assert command("city", "import", path, "--prune") == ("Nothing changed.\n", "")
    assert command("city", "export")[0] == Path(path).read_text()


def test_import_prints_changes_and_summary(office: Office, command: Command, tmp_path: Path) -> None:
    path = write_file(tmp_path, OFFICE_FILE + "[offices.centro.services.documents]\nminutes = 15\n")
    lines = [
        "sur: new office (0 lines, 0 services, 0 desks)",
        "centro:",
        "  services.documents.minutes: 10 → 15",
    ]
    dry_run = command("city", "import", path, "--dry-run")[0]
    assert dry_run.splitlines() == [*lines, "Dry run: nothing was changed."]
    assert command("city", "import", path)[0].splitlines() == [
        *lines,
        "Imported: 1 office added, 1 office changed.",
    ]
    assert command("city", "import", path) == ("Nothing changed.\n", "")


def test_all_wrong_values_are_named_at_once(office: Office, command: Command, tmp_path: Path) -> None:
    content = """
[offices.centro.services.documents]
minutes = 500
modes = ["by_mail"]
[offices.centro.lines.registry.settings]
rejoins = 9
[offices.centro.agenda]
leed = 3
[offices.sur]
name = 3
timezone = "Europe/Nowhere"
"""
    path = write_file(tmp_path, content)
    said = command("city", "import", path)[1].splitlines()
    assert said == [
        f"{path}: offices.centro.services.documents.minutes: enter a number between 1 and 240",
        f"{path}: offices.centro.services.documents.modes: write one of these: in_person, video, phone",
        f"{path}: offices.centro.agenda.leed: is not known; known are lead, horizon_days, most_services, "
        "verify_email, interpreter_notice, release, change_until, step, buffer_before, buffer_after, internal, "
        "reminders",
        f"{path}: offices.centro.lines.registry.settings.rejoins: enter a number between 0 and 5",
        f"{path}: offices.sur.name: write a text in quotes, without line breaks",
        f"{path}: offices.sur.address: is missing; write a text",
        f"{path}: offices.sur.timezone: use a name of the time zone database, such as Europe/Madrid",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[offices.sur\n", "line 1, column 13: no TOML: "),
        ("a = 1\na = 2\n", "line 2, column 6: no TOML: cannot overwrite a value"),
        (b"a = '\xff'", "line 1: it is not UTF-8; save it as UTF-8"),
        ("ofices = 3", "ofices: is not known; known are site, offices"),
        ("offices = 3", "offices: write a table of values"),
        ("[offices.Sur]", "offices.Sur: use small letters without accents"),
        ("offices.sur = 3", "offices.sur: write a table of values"),
        ("x = " + "[" * 3_000, "nested too deeply"),
        ("#" * (4 << 20) + "#", "it is larger than 4 MB"),
    ],
)
def test_unreadable_file_is_refused_in_one_line(
    office: Office, command: Command, tmp_path: Path, content: str | bytes, said: str
) -> None:
    refusal = command("city", "import", write_file(tmp_path, content))[1]
    assert said in refusal
    assert len(refusal.strip().splitlines()) == 1


def test_missing_files_and_offices_are_one_line(office: Office, command: Command, tmp_path: Path) -> None:
    assert command("city", "import", "none.toml")[1] == "none.toml cannot be read (No such file or directory)."
    assert command("city", "import", str(tmp_path))[1] == f"{tmp_path} cannot be read (Is a directory)."
    assert command("city", "export", str(tmp_path))[1] == f"{tmp_path} cannot be written (Is a directory)."
    assert command("city", "export", "--office", "sur")[1] == "There is no office sur."
    assert command("city")[1].startswith("choose a command: export, import (see office360 city")


def test_removal_without_terminal_needs_yes(office: Office, command: Command, tmp_path: Path) -> None:
    path = write_file(tmp_path, OFFICE_FILE)
    printed, refusal = command("city", "import", path, "--prune")
    assert "centro: deleted; it was never used" in printed.splitlines()
    assert refusal == "Nothing was imported: appointments no longer fit or values go. Add --yes to go on."
    assert "[offices.centro]" in command("city", "export")[0]
    command("city", "import", path, "--prune", "--yes")
    assert "[offices.centro]" not in command("city", "export")[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "choose a command: demo, serve"),
        (("serve", "--port", "abc"), "write a whole number from 1 to 65535"),
        (("serve", "--port", "99999"), "write a whole number from 1 to 65535"),
        (("simulate", "--office", "centro", "--seed", "x"), "write a whole number from 0 to"),
        (("simulate", "--office", "centro", "--days", "0"), "write a whole number from 1 to 100"),
        (("holidays", "--office", "sur", "--years", "2027"), "There is no office sur."),
    ],
)
def test_wrong_options_are_refused_in_one_line(
    office: Office, command: Command, arguments: tuple[str, ...], said: str
) -> None:
    refusal = command(*arguments)[1]
    assert said in refusal
    assert len(refusal.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [("city", "export"), ("check",), ("simulate", "--office", "centro"), ("migrate",)],
)
def test_file_that_is_no_database_is_refused(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "text.db").write_text("no database " * 100)
    monkeypatch.setenv("OFFICE360_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'text.db'}")
    printed, refusal = command(*arguments)
    if arguments == ("check",):
        assert "database: error: DatabaseError" in printed
    else:
        assert refusal == "The file of the database is no SQLite database. Check OFFICE360_DATABASE_URL."
