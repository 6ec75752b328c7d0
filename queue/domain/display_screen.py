"""Waiting-room screens with a name: their keys, and when a screen counts as lost.

Pure: no clock, no SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ...core.tokens import TokenSigner

MAX_SCREENS = 20  # with a name, of an office
MAX_SCREEN_NAME = 60  # the column display_screens.name
MAX_PIXELS = 20_000  # of a side; a larger number is no screen
SEEN_EVERY = timedelta(minutes=1)  # a row is written at most as often
LOST_AFTER = timedelta(minutes=3)  # two missed marks, and time for a restart of browser and server
_SEPARATOR = "."


@dataclass(frozen=True, slots=True)
class DisplayScreen:
    """A screen as it was last seen.

    `name` is None for all screens of an office without a name.
    """

    id: str
    office_id: str
    name: str | None
    created_at: datetime
    last_seen_at: datetime | None
    user_agent: str | None
    width: int | None
    height: int | None

    def is_lost(self, now: datetime) -> bool:
        """Tell whether a named screen that was once connected is not connected any more."""
        return self.name is not None and self.last_seen_at is not None and not self.is_connected(now)

    def is_connected(self, now: datetime) -> bool:
        return self.last_seen_at is not None and now - self.last_seen_at < LOST_AFTER


def screen_key(tokens: TokenSigner, screen_id: str) -> str:
    """Return the key of a screen's link.

    The key names the screen. It opens nothing that is not public.
    """
    return f"{screen_id}{_SEPARATOR}{tokens.sign('screen', screen_id)}"


def screen_id_of_key(tokens: TokenSigner, key: object) -> str | None:
    """Return the screen that a key names; None for a key that this installation did not sign."""
    if not isinstance(key, str):
        return None
    screen_id, _, signature = key.partition(_SEPARATOR)
    return screen_id if tokens.verify("screen", screen_id, signature) else None


def pixels(value: object) -> int | None:
    """Return the length of a side that a browser sent; None if the value is no length."""
    # JSON true is an int in Python, too
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and isinstance(value, int) and 0 < value <= MAX_PIXELS else None
