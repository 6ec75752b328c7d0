"""Close codes that modules send or compare; docs/protocol.md#close-codes lists all."""

from __future__ import annotations

# Pages of the product reconnect after these codes (static/core/network/reconnecting_socket.js).
ABNORMAL = 1006  # never sent; reported locally when a connection breaks without a close frame
INVALID_DATA = 1007
VIOLATION = 1008
INTERNAL_ERROR = 1011
SERVICE_RESTART = 1012  # the process ends
TRY_AGAIN_LATER = 1013  # the database is away or busy
RESTARTING = 4000
SLOW_READER = 4001
NO_HELLO = 4102  # or too late; pages always send it

# They do not reconnect after these codes.
NORMAL = 1000
MALFORMED = 4100
NOT_ALLOWED = 4101
REPLACED = 4103
NOT_FOUND = 4104
FIELD_TOO_LARGE = 4105
TOO_MANY = 4106


class SocketClosed(Exception):
    """Raised by a handler to close its socket with a code and a reason."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason
