"""Secrets in files, as container platforms and systemd give them (`…_FILE`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FILE_SUFFIX = "_FILE"
# Settings with a secret. URLs contain passwords, headers keys.
SECRET_SETTINGS = (
    "database_url",
    "secret_key",
    "oidc_client_secret",
    "redis_url",
    "turn_secret",
    "smtp_url",
    "vapid_private_key",
    "sms_token",
    "sms_url",
    "sms_headers",
    "telegram_token",
    "telegram_webhook_secret",
    "whatsapp_token",
    "whatsapp_app_secret",
    "whatsapp_verify_token",
    "chat_model_key",
)


def read_secret_files(environment: Mapping[str, str], prefix: str) -> tuple[dict[str, str], list[str]]:
    """Read the settings that are given as files. Returns them by field, and the problems.

    An empty variable counts as not given, so that a line of an environment file may stay.
    """
    values: dict[str, str] = {}
    problems: list[str] = []
    for name in SECRET_SETTINGS:
        variable = f"{prefix}{name.upper()}"
        path = environment.get(variable + FILE_SUFFIX)
        if not path:
            continue
        if environment.get(variable):
            problems.append(f"{variable}{FILE_SUFFIX}: give {variable} or the file, not both")
            continue
        try:
            values[name] = _read_secret(Path(path))
        except OSError as error:
            problems.append(f"{variable}{FILE_SUFFIX}: {path} cannot be read ({error.strerror})")
        except UnicodeDecodeError:
            problems.append(f"{variable}{FILE_SUFFIX}: {path} is not a text in UTF-8")
    return values, problems


def _read_secret(path: Path) -> str:
    """Read a file without its final newline, which editors add."""
    return path.read_text(encoding="utf-8").removesuffix("\n")
