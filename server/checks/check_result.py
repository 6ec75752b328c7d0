"""Results of checks: a part works or is absent, or has a warning or error with advice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, StrEnum

# for database, bus, site and test room; a slower answer is of no use to a page either
CHECK_TIMEOUT_S = 10
HELP_PAGE = "docs/troubleshooting.md"


class CheckTopic(StrEnum):
    """Subjects of checks. A test compares them with the rows of docs/troubleshooting.md."""

    SETTINGS = "settings"
    DATABASE = "database"
    BUS = "bus"
    RELAY = "relay"
    TEST_ROOM = "test room"
    REGION = "region"
    MAIL = "mail"
    SMS = "SMS"
    SIGN_IN = "sign-in"
    SCANNER = "document scanner"
    LANGUAGE_MODEL = "language model"
    PUSHES = "pushes"
    PHONES = "phones"
    SITE = "site"
    PAGES = "pages"
    WEBSOCKETS = "WebSockets"
    WRITES = "writes"
    CLOCK = "clock"
    CONNECTIONS = "connections"
    DISK = "disk"
    PROCESSES = "processes"
    WORKER = "worker"
    MESSAGES = "messages"
    TIMERS = "timers"
    OFFICES = "offices"
    OFFICE = "office"
    LINE = "line"
    AGENDA = "agenda"
    HOLIDAYS = "holidays"
    LOOK_AND_LAW = "look and law"
    DEMO_ACCOUNTS = "demo accounts"
    CHANNELS = "channels"

    @property
    def help(self) -> str:
        """Return the address of its row in the documents."""
        return f"{HELP_PAGE}#{self.lower().replace(' ', '-')}"


class CheckState(StrEnum):
    """Whether a part works."""

    OK = "ok"
    ABSENT = "absent"  # the installation has no such part
    WARNING = "warning"  # all parts run, and the operator or an administrator has something to do
    ERROR = "error"


class CheckExit(IntEnum):
    """Exit codes of `office360 check`. As every command it exits with 1 for wrong settings."""

    OK = 0
    ERROR = 1
    WARNING = 2


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The problem of a part, or else a remark. `subject`: which part, if there are several."""

    topic: CheckTopic
    problem: str | None = None
    remark: str = "works"
    subject: str = ""
    is_warning: bool = False  # of a problem
    is_absent: bool = False

    @property
    def part(self) -> str:
        return f"{self.topic} {self.subject}".rstrip()

    @property
    def state(self) -> CheckState:
        if self.problem:
            return CheckState.WARNING if self.is_warning else CheckState.ERROR
        return CheckState.ABSENT if self.is_absent else CheckState.OK

    def line(self) -> str:
        """Return the line that `office360 check` prints."""
        if not self.problem:
            return f"{self.part}: {self.remark}"
        return f"{self.part}: {self.state}: {self.problem} [{self.topic.help}]"

    def to_json(self) -> dict[str, str]:
        return {
            "part": self.part,
            "state": self.state,
            "text": self.problem or self.remark,
            "help": self.topic.help,
        }


def exit_code(results: Iterable[CheckResult]) -> CheckExit:
    states = {result.state for result in results}
    if CheckState.ERROR in states:
        return CheckExit.ERROR
    return CheckExit.WARNING if CheckState.WARNING in states else CheckExit.OK


def no_answer_text(server: str, error: OSError, start: str) -> str:
    """Tell that a server cannot be reached, for what reason, and how to start it."""
    return f"{server} does not answer ({error.strerror or error}); start: {start}"


def timeout_text() -> str:
    return f"no answer within {CHECK_TIMEOUT_S} s"


def first_line(error: Exception) -> str:
    """Return the first line: drivers append the statement and a link to their manual."""
    return f"{type(error).__name__}: {error}".splitlines()[0]


def format_age(age: timedelta) -> str:
    """Format a duration for a person: `40 s`, `12 min`, `3 h 5 min`, `2 days`."""
    seconds = round(age.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7_200:
        return f"{seconds // 60} min"
    if seconds < 172_800:
        return f"{seconds // 3_600} h {seconds % 3_600 // 60} min"
    return f"{seconds // 86_400} days"
