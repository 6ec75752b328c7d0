"""`office360 user …` and `office360 api-key …`: effects, and refusals in one line."""

from __future__ import annotations

import io
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from office360.server.cli import main
from sqlalchemy.engine import make_url

from ..conftest import TEST_SECRET
from ..staff.conftest import PASSWORD, staff
from ..support.ports import free_port

__all__ = ["staff"]  # a fixture

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Command = Callable[..., str]
LINK = re.compile(r"https://citas\.example\.org/staff/link/[\w-]{24}\n")
BORIS = ("user", "create", "boris", "--name", "Boris", "--role", "agent")
INVITATION = ("user", "invite", "elena", "--name", "Elena", "--role", "host", "--office", "centro")


@pytest.fixture
def command(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs a command, and returns what it printed."""
    monkeypatch.setattr("office360.server.process.logging.configure_logging", lambda *_, **__: None)
    monkeypatch.setenv("OFFICE360_DATABASE_URL", database_url)
    monkeypatch.setenv("OFFICE360_SECRET_KEY", TEST_SECRET)
    monkeypatch.setenv("OFFICE360_PUBLIC_URL", "https://citas.example.org")

    def run(*arguments: str, typed: str = PASSWORD) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
        main(arguments)
        return capsys.readouterr().out

    return run


def refusal(command: Command, capsys: pytest.CaptureFixture[str], *arguments: str, typed: str = PASSWORD) -> str:
    """Run a command that is refused, and return its error, which must be one line."""
    with pytest.raises(SystemExit) as ended:
        command(*arguments, typed=typed)
    code, printed = ended.value.code, capsys.readouterr().err
    said = f"{code}\n{printed}" if isinstance(code, str) else printed  # Python prints the text, and exits with 1
    assert isinstance(code, str) or code == 1
    assert len(said.strip().splitlines()) == 1, said
    return said.strip()


def stored_rows(database_url: str, statement: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(database_url.partition("///")[2]) as connection:
        return connection.execute(statement).fetchall()


def test_created_user_is_listed_in_aligned_columns(staff: dict[str, str], command: Command) -> None:
    command("user", "create", "elena", "--name", "Elena", "--role", "manager", "--office", "centro")
    heads, *rows = command("user", "list").splitlines()
    assert rows[0].split() == ["boris", "Boris", "agent", "centro", "active", "-"]
    assert [row.split()[0] for row in rows] == ["boris", "carmen", "diego", "elena"]
    assert {row.index(row.split()[2]) for row in rows} == {heads.index("ROLE")}


def test_invited_user_gets_link_and_email(staff: dict[str, str], command: Command, database_url: str) -> None:
    printed = command(*INVITATION, "--email", "elena@example.org", "--language", "en")
    assert LINK.fullmatch(printed)
    sent = stored_rows(database_url, "SELECT kind, recipient, language FROM outbox")
    assert sent == [("staff_invitation", "elena@example.org", "en")]
    assert "invited" in command("user", "list").splitlines()[-1]


@pytest.mark.parametrize(
    ("smtp_url", "said"),
    [
        ("", "queued for elena@example.org, but OFFICE360_SMTP_URL is not set: pass it on yourself"),
        ("smtp://127.0.0.1:1", "queued for elena@example.org; if it does not arrive, pass it on yourself"),
    ],
)
@pytest.mark.parametrize("action", ["invite", "reset"])
def test_link_is_queued_and_not_said_to_be_sent(
    staff: dict[str, str],
    command: Command,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    smtp_url: str,
    said: str,
    action: str,
) -> None:
    monkeypatch.setenv("OFFICE360_SMTP_URL", smtp_url)
    monkeypatch.setenv("OFFICE360_MAIL_FROM", "Citas <citas@example.org>")
    main([*INVITATION, "--email", "elena@example.org"])
    if action == "reset":
        capsys.readouterr()
        main(["user", "reset", "elena"])
    assert capsys.readouterr().err.strip().endswith(said + ".")


def test_reset_prints_another_link(staff: dict[str, str], command: Command, database_url: str) -> None:
    first = command("user", "reset", "Boris ")
    assert LINK.fullmatch(first)
    assert command("user", "reset", "boris") != first
    assert stored_rows(database_url, "SELECT kind FROM outbox") == []  # boris has no e-mail


def test_disabled_user_is_listed_until_enabled(staff: dict[str, str], command: Command) -> None:
    assert command("user", "disable", "boris") == "boris is disabled, and sessions have ended.\n"
    assert "disabled" in command("user", "list").splitlines()[1]
    command("user", "enable", "boris")
    assert "active" in command("user", "list").splitlines()[1]


def test_key_is_listed_and_revoked(staff: dict[str, str], command: Command) -> None:
    key = command("api-key", "create", "--role", "integration", "--office", "centro", "--name", "Kiosk").strip()
    listed = command("api-key", "list")
    assert key not in listed
    row = listed.splitlines()[1].split()
    assert row[1:4] == ["Kiosk", "integration", "centro"]
    assert command("api-key", "revoke", row[0]) == f"{row[0]} is revoked.\n"
    assert command("api-key", "list").splitlines()[1].endswith("revoked")


def test_commands_are_audited_as_command_line(staff: dict[str, str], command: Command, database_url: str) -> None:
    command("user", "disable", "boris")
    command(*INVITATION)
    command("api-key", "create", "--role", "host")
    rows = stored_rows(database_url, "SELECT action, actor_id, actor_name FROM audit_entries ORDER BY id")
    actions = ["person.disabled", "person.invited", "key.created"]
    assert rows == [(action, None, "office360") for action in actions]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            (*BORIS[:2], "elena", *BORIS[3:], "--office", "nowhere"),
            "There is no office nowhere. Allowed: centro, norte",
        ),
        (BORIS, "already has this username"),
        ((*BORIS[:5], "--role", "boss"), "choose from"),
        ((*BORIS[:2], " ", *BORIS[3:]), "username: Fill this in"),
        ((*BORIS[:5], "--role", "administrator", "--office", "centro"), "leave out --office"),
        (("user", "create", "elena"), "--name, --role"),
        ((*INVITATION, "--email", "elena"), "email: The @ is missing"),
        ((*INVITATION[:2], "boris", *INVITATION[3:]), "already has this username"),
        ((*INVITATION[:-1], "sur"), "There is no office sur"),
        (("user", "disable", "elena"), "There is no user elena. See: office360 user list"),
        (("user", "enable", "elena"), "There is no user elena"),
        (("user", "reset", "elena"), "There is no user elena"),
        (("user",), "choose a command: list, create, invite"),
        (("user", "remove", "boris"), "choose from"),
        (("api-key", "create", "--role", "administrator"), "choose from"),
        (("api-key", "create", "--role", "host", "--name", "n" * 200), "name: Enter 120 characters or fewer"),
        (("api-key", "create", "--role", "host", "--office", "sur"), "Allowed: centro, norte"),
        (("api-key", "revoke", "none"), "There is no key none. See: office360 api-key list"),
        (("holidays", "--office", "sur", "--years", "2027"), "There is no office sur"),
        (("holidays", "--office", "centro", "--years", "27"), "such as 2026,2027"),
        (("serve", "--port", "web"), "write a whole number from 1 to 65535"),
        (("unknown",), "choose from"),
    ],
)
def test_wrong_value_is_refused_in_one_line(
    staff: dict[str, str],
    command: Command,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    assert said in refusal(command, capsys, *arguments)


def test_short_password_is_refused_in_one_line(
    staff: dict[str, str], command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    elena = (*BORIS[:2], "elena", *BORIS[3:])
    assert refusal(command, capsys, *elena, typed="short") == "password: Enter at least 10 characters."


def test_last_administrator_is_not_disabled_by_command(
    staff: dict[str, str], command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    command("user", "create", "elena", "--name", "Elena", "--role", "administrator")
    assert "last administrator" in refusal(command, capsys, "user", "disable", "elena")


@pytest.mark.parametrize("change", [{"database": "office360_none"}, {"username": "office360_none"}])
def test_refused_database_login_is_one_line(
    command: Command,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    postgres_url: str,
    change: dict[str, str],
) -> None:
    url = make_url(postgres_url).set(**change)  # type: ignore[arg-type]
    monkeypatch.setenv("OFFICE360_DATABASE_URL", url.render_as_string(hide_password=False))
    said = refusal(command, capsys, "user", "list")
    assert said.startswith("The database refuses the login (")
    assert "office360_none" in said


@pytest.mark.parametrize("arguments", [("user", "list"), BORIS, ("api-key", "list"), ("user", "reset", "boris")])
def test_missing_database_is_refused_in_one_line(
    command: Command,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: tuple[str, ...],
) -> None:
    monkeypatch.setenv("OFFICE360_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/empty.db")
    assert refusal(command, capsys, *arguments) == "The database is not up to date. Run: office360 migrate"
    monkeypatch.setenv("OFFICE360_DATABASE_URL", f"postgresql+asyncpg://u@127.0.0.1:{free_port()}/office360")
    assert refusal(command, capsys, *arguments).startswith("The database does not answer.")
    monkeypatch.setenv("OFFICE360_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/none/office360.db")
    assert refusal(command, capsys, *arguments).startswith("The database does not answer.")
