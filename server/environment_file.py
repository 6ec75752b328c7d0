"""The file with the installation's settings, as systemd and honcho read it too.

Commands read it before they load the settings; the demo and the tests never do.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from dotenv.parser import parse_stream

DEFAULT_ENV_FILE = Path("/etc/office360.env")
ENV_FILE_VARIABLE = "OFFICE360_ENV_FILE"
# A member of the file's group may read it: the processes run as such a user.
OTHERS_MAY = stat.S_IROTH | stat.S_IWOTH


class EnvironmentFileRefused(Exception):
    """The environment file cannot be used. Its text is one line that says what to do."""


def load_environment_file(option: str | None) -> None:
    """Add the file's variables to the environment, which wins over the file.

    `option`: the path of `--env-file`; empty for no file, None for the variable OFFICE360_ENV_FILE or else the
    default, which may be missing. Raises EnvironmentFileRefused.
    """
    path = _chosen_file(option)
    if path is None:
        return
    for name, value in parse_environment(_read_private_file(path), path):
        os.environ.setdefault(name, value)


def _chosen_file(option: str | None) -> Path | None:
    named = option if option is not None else os.environ.get(ENV_FILE_VARIABLE)
    if named is not None:
        return Path(named) if named else None
    return DEFAULT_ENV_FILE if DEFAULT_ENV_FILE.exists() else None


def _read_private_file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & OTHERS_MAY:
                raise EnvironmentFileRefused(
                    f"{path} is open to every user of this machine, and holds secrets. Run: chmod 640 {path}"
                )
            return file.read()
    except PermissionError:
        raise EnvironmentFileRefused(
            f"{path} cannot be read by this user. Run the command as a member of its group: sudo -u office360 …"
        ) from None
    except OSError as error:
        raise EnvironmentFileRefused(f"{path} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise EnvironmentFileRefused(f"{path} is not a text in UTF-8.") from None


def parse_environment(text: str, path: Path) -> Iterator[tuple[str, str]]:
    """Parse lines NAME=VALUE. Raises EnvironmentFileRefused with the number of a wrong line."""
    for binding in parse_stream(StringIO(text)):
        if binding.error or (binding.key and binding.value is None):
            line = binding.original.line + _leading_lines(binding.original.string)
            advice = 'write NAME=VALUE, or NAME="VALUE" if it contains # or spaces'
            raise EnvironmentFileRefused(f"{path}, line {line}: {advice}.")
        if binding.key is not None and binding.value is not None:
            yield binding.key, binding.value


def _leading_lines(text: str) -> int:
    """Return the number of empty lines before a statement, which belong to it."""
    return text[: len(text) - len(text.lstrip())].count("\n")
