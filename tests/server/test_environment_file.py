"""`--env-file` and secrets in files: order, refusals in one line, commands that read none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from office360.server import environment_file
from office360.server.cli import main
from office360.server.commands import account_commands, city_commands, demo_command, process_commands
from office360.server.environment_file import ENV_FILE_VARIABLE, EnvironmentFileRefused, load_environment_file
from office360.server.secret_files import SECRET_SETTINGS
from office360.server.settings import Settings, SettingsError, load_settings

from ..conftest import TEST_SECRET
from ..support.processes import environment_without_settings

Commands = Callable[..., dict[str, str]]
URL = "OFFICE360_PUBLIC_URL"


# of the suite, before a fixture below removes it
SUITE_ENV_FILE = os.environ.get(ENV_FILE_VARIABLE)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the environment of the test, which commands may change."""
    own = environment_without_settings()
    del own[ENV_FILE_VARIABLE]
    monkeypatch.setattr(os, "environ", own)
    return own


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    path = tmp_path / "office360.env"
    path.write_text(f'# settings\n{URL}=https://file.example.org\nOFFICE360_SECRET_KEY="{TEST_SECRET}#1"\n')
    path.chmod(0o640)
    return path


def test_suite_reads_no_file_of_this_machine() -> None:
    assert SUITE_ENV_FILE == environment_without_settings()[ENV_FILE_VARIABLE] == ""


def test_environment_wins_over_file(env_file: Path, environment: dict[str, str]) -> None:
    environment[URL] = "https://environment.example.org"
    load_environment_file(str(env_file))
    settings = load_settings()
    assert settings.public_url == "https://environment.example.org"
    assert settings.secret_key == [f"{TEST_SECRET}#1"]


def test_option_wins_over_variable_and_default(
    env_file: Path, tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    default, named = tmp_path / "default.env", tmp_path / "named.env"
    for path in (default, named):
        path.write_text(f"{URL}=https://{path.stem}.example.org\n")
        path.chmod(0o600)
    monkeypatch.setattr(environment_file, "DEFAULT_ENV_FILE", default)

    def loaded(option: str | None) -> str | None:
        environment.pop(URL, None)
        load_environment_file(option)
        return environment.get(URL)

    assert (loaded(None), loaded("")) == ("https://default.example.org", None)
    environment["OFFICE360_ENV_FILE"] = str(named)
    assert (loaded(None), loaded(str(env_file))) == ("https://named.example.org", "https://file.example.org")
    environment["OFFICE360_ENV_FILE"] = ""
    assert loaded(None) is None


def test_missing_default_file_is_no_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment_file, "DEFAULT_ENV_FILE", tmp_path / "missing.env")
    load_environment_file(None)
    with pytest.raises(EnvironmentFileRefused, match=r"missing\.env cannot be read \(No such file"):
        load_environment_file(str(tmp_path / "missing.env"))


@pytest.mark.parametrize("mode", [0o644, 0o642, 0o666])
def test_file_open_to_others_is_refused(env_file: Path, mode: int) -> None:
    env_file.chmod(mode)
    with pytest.raises(EnvironmentFileRefused, match=f"Run: chmod 640 {env_file}$"):
        load_environment_file(str(env_file))


@pytest.mark.parametrize(
    ("text", "problem"),
    [(b'A=1\n\nB="open\nC=2\n', "line 3: write NAME=VALUE"), (b"A=1\nWORKERS\n", "line 2"), (b"A=\xff", "UTF-8")],
)
def test_unreadable_line_is_refused_by_number(env_file: Path, text: bytes, problem: str) -> None:
    env_file.write_bytes(text)
    with pytest.raises(EnvironmentFileRefused, match=problem) as refused:
        load_environment_file(str(env_file))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize(
    ("command", "module", "function"),
    [
        (["serve"], process_commands, "run_serve"),
        (["worker"], process_commands, "run_worker"),
        (["testroom"], process_commands, "run_testroom"),
        (["migrate"], process_commands, "run_migrate"),
        (["check"], process_commands, "run_check"),
        (["user", "list"], account_commands, "list_users"),
        (["city", "export"], city_commands, "run_export"),
        (["api-key", "list"], account_commands, "list_keys"),
    ],
)
def test_command_reads_named_file(
    env_file: Path, order: str, command: list[str], module: object, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Settings] = []
    monkeypatch.setattr(module, function, lambda _: seen.append(load_settings()))
    option = ["--env-file", str(env_file)]
    main([*option, *command] if order == "before" else [*command, *option])
    assert [settings.public_url for settings in seen] == ["https://file.example.org"]


def test_demo_reads_no_file(
    env_file: Path,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(environment_file, "DEFAULT_ENV_FILE", env_file)
    environment["OFFICE360_ENV_FILE"] = str(env_file)
    monkeypatch.setattr(demo_command, "run_demo", lambda _: None)
    main(["demo"])
    assert URL not in environment
    with pytest.raises(SystemExit, match="This command reads no file with settings"):
        main(["--env-file", str(env_file), "demo"])


def test_refused_file_is_one_line_of_command(env_file: Path) -> None:
    env_file.chmod(0o604)
    with pytest.raises(SystemExit, match=r"^[^\n]*chmod 640[^\n]*$"):
        main(["check", "--env-file", str(env_file)])


# Secrets in files


def test_secret_is_read_from_file_without_newline(tmp_path: Path, environment: dict[str, str]) -> None:
    secret, database, turn = tmp_path / "secret", tmp_path / "database", tmp_path / "turn"
    turn.write_text(" with spaces \n")
    secret.write_text(f"{'a' * 32},{'b' * 32}\n")
    database.write_text("postgresql+asyncpg://office360:p%23w@db/office360")
    environment.update(
        {
            URL: "https://citas.example.org",
            "OFFICE360_SECRET_KEY": "",  # as an unfilled line of the environment file
            "OFFICE360_SECRET_KEY_FILE": str(secret),
            "OFFICE360_DATABASE_URL_FILE": str(database),
            "OFFICE360_TURN_SECRET_FILE": str(turn),
        }
    )
    settings = load_settings()
    assert settings.secret_key == ["a" * 32, "b" * 32]
    assert settings.database_url == database.read_text()
    assert settings.turn_secret == " with spaces "


def test_secret_given_twice_or_missing_is_a_problem(tmp_path: Path, environment: dict[str, str]) -> None:
    environment.update(
        {
            URL: "https://citas.example.org",
            "OFFICE360_SECRET_KEY_FILE": str(tmp_path / "missing"),
            "OFFICE360_TURN_SECRET": "given",
            "OFFICE360_TURN_SECRET_FILE": str(tmp_path / "missing"),
        }
    )
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert refused.value.problems == [
        f"OFFICE360_SECRET_KEY_FILE: {tmp_path}/missing cannot be read (No such file or directory)",
        "OFFICE360_TURN_SECRET_FILE: give OFFICE360_TURN_SECRET or the file, not both",
    ]


def test_each_setting_that_names_a_secret_has_a_file() -> None:
    words = ("secret", "key", "token", "password", "database_url", "redis_url", "smtp_url", "headers")
    named = {
        name for name in Settings.model_fields if any(word in name.split("_") or word == name for word in words)
    }
    assert named - {"remote_user_header"} == set(SECRET_SETTINGS) - {"sms_url"}
