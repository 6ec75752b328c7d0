"""The errors of the product. Raised where a rule is broken, translated to people in two places only:
server/web/error_pages.py (HTTP) and signaling/connection.py (WebSocket).

Office360Error
├── Refused            a rule said no; the code maps to a sentence               HTTP 409
│   └── Conflict       somebody was faster                                       HTTP 409
├── Malformed          not what the protocol speaks at all                       HTTP 400
├── Unauthenticated    we do not know who asks                                   HTTP 401
├── NotAllowed         we know, and they may not                                 HTTP 403
├── NotFound           no such thing, or not for them                            HTTP 404
├── Gone               it was, and is over                                       HTTP 410
├── Invalid            some fields are not acceptable, one FieldError each       HTTP 422
├── RateLimited        too often; `retry_after_s` says when again                HTTP 429
├── Unavailable        a part we need is down                                    HTTP 503
└── InvalidMessage     a WebSocket peer broke the protocol
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any


class Office360Error(Exception):
    """Base of all. `code` is stable and part of the API; `details` is JSON for machines."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class Refused(Office360Error):
    """A rule said no, and nothing has changed."""


class Conflict(Refused):
    """Another request got there first."""


class Malformed(Office360Error):
    """The request cannot be read at all."""


class Unauthenticated(Office360Error):
    """Nobody has said who is asking."""

    def __init__(self, code: str = "unauthenticated", **details: Any) -> None:
        super().__init__(code, **details)


class NotAllowed(Office360Error):
    """Whoever asks may not do this."""

    def __init__(self, code: str = "forbidden", **details: Any) -> None:
        super().__init__(code, **details)


class NotFound(Office360Error):
    """No such thing, or none that this caller may know of."""

    def __init__(self, code: str = "not_found", **details: Any) -> None:
        super().__init__(code, **details)


class Gone(Office360Error):
    """It existed and is over."""

    def __init__(self, code: str = "gone", **details: Any) -> None:
        super().__init__(code, **details)


class RateLimited(Office360Error):
    """Too many requests; try again after `retry_after_s` seconds."""

    def __init__(self, code: str = "rate_limited", *, retry_after_s: int, **details: Any) -> None:
        super().__init__(code, **details)
        self.retry_after_s = retry_after_s


class Unavailable(Office360Error):
    """Something we depend on does not answer, or has no place free; try again after `retry_after_s` seconds."""

    def __init__(self, code: str = "unavailable", *, retry_after_s: int | None = None, **details: Any) -> None:
        super().__init__(code, **details)
        self.retry_after_s = retry_after_s


class InvalidMessage(Office360Error):
    """A WebSocket peer sent what the protocol does not know."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that is not acceptable: a dotted path, a code, and figures for the sentence (`min`, `max`)."""

    field: str
    code: str
    params: Mapping[str, Any] = dataclass_field(default_factory=dict)


class Invalid(Office360Error):
    """Some fields are not acceptable; what was typed is kept by whoever shows the form again.

    The code is `invalid`, or the fault's own where contract.md names it and it is the only one.
    """

    SPECIFIC_CODES = frozenset({"invalid_time", "idempotency_mismatch"})

    def __init__(self, *fields: FieldError) -> None:
        codes = {one.code for one in fields}
        super().__init__(codes.pop() if len(codes) == 1 and codes <= self.SPECIFIC_CODES else "invalid")
        self.fields = fields
