"""Why a socket was closed. The codes are part of the wire (contract.md); clients act on them."""

from __future__ import annotations

# The client comes back by itself after these …
GOING_AWAY = 1001
ABNORMAL = 1006  # never sent: how a connection that broke is told
INTERNAL_ERROR = 1011
SERVICE_RESTART = 1012  # the whole process ends
RESTARTING = 4000
SLOW_READER = 4001
TRY_ANOTHER = 4002

# … and does not after these.
NORMAL = 1000
INVALID_DATA = 1007
VIOLATION = 1008
MESSAGE_TOO_BIG = 1009
MALFORMED = 4100
NOT_ALLOWED = 4101
NO_HELLO = 4102
REPLACED = 4103
NOT_FOUND = 4104
FIELD_TOO_LARGE = 4105
TOO_MANY = 4106


class SocketClosed(Exception):
    """Raised inside a conversation to end its socket with this code."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason
