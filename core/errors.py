"""Errors of the product.

Two modules translate them: server/web/error_pages.py for HTTP, signaling/connection.py for WebSockets.

Office360Error
├── Refused            a rule refuses; the code has a text                       HTTP 409
│   └── Conflict       another request was first                                 HTTP 409
├── Malformed          the request cannot be parsed                              HTTP 400
├── Unauthenticated    the caller is unknown                                     HTTP 401
├── NotAllowed         the caller is known and may not do this                   HTTP 403
├── NotFound           it does not exist, or not for this caller                 HTTP 404
├── MovedTo            a page has another address now                            HTTP 303
├── Gone               it existed and is over                                    HTTP 410
├── Invalid            fields are not acceptable, a FieldError each              HTTP 422
├── RateLimited        too many requests; retry after `retry_after_s`            HTTP 429
├── Unavailable        a dependency is down                                      HTTP 503
└── InvalidMessage     a WebSocket peer broke the protocol

DatabaseAway           the database is away or busy; no rule may take it for a refusal   HTTP 503, close code 1013
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any


class Office360Error(Exception):
    """Base of all. `code` is stable and part of the API; `details` is JSON for programs."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class Refused(Office360Error):
    """A rule refuses the request. Nothing has changed."""


class Conflict(Refused):
    """Another request was first."""


class Malformed(Office360Error):
    """The request cannot be parsed."""


class Unauthenticated(Office360Error):
    """The request names no known caller."""

    def __init__(self, code: str = "unauthenticated", **details: Any) -> None:
        super().__init__(code, **details)


class NotAllowed(Office360Error):
    """The caller may not do this."""

    def __init__(self, code: str = "forbidden", **details: Any) -> None:
        super().__init__(code, **details)


class NotFound(Office360Error):
    """The thing does not exist, or this caller may not know of it."""

    def __init__(self, code: str = "not_found", **details: Any) -> None:
        super().__init__(code, **details)


class MovedTo(Office360Error):
    """The page is at `address` now, a path on this site."""

    def __init__(self, address: str) -> None:
        super().__init__("moved")
        self.address = address


class Gone(Office360Error):
    """The thing existed and is over."""

    def __init__(self, code: str = "gone", **details: Any) -> None:
        super().__init__(code, **details)


class RateLimited(Office360Error):
    """Too many requests. The caller may retry after `retry_after_s` seconds."""

    def __init__(self, code: str = "rate_limited", *, retry_after_s: int, **details: Any) -> None:
        super().__init__(code, **details)
        self.retry_after_s = retry_after_s


class Unavailable(Office360Error):
    """A dependency does not answer or has no capacity. `retry_after_s`: seconds until a retry."""

    def __init__(self, code: str = "unavailable", *, retry_after_s: int | None = None, **details: Any) -> None:
        super().__init__(code, **details)
        self.retry_after_s = retry_after_s


class DatabaseAway(Exception):
    """The database does not answer, or not in time. A retry after RETRY_AFTER_S may succeed.

    The session that raises it has logged the reason: nothing else logs it.
    """

    RETRY_AFTER_S = 5

    @staticmethod
    def to_error() -> Unavailable:
        """Build the error that people and programs see."""
        return Unavailable(retry_after_s=DatabaseAway.RETRY_AFTER_S)


class InvalidMessage(Office360Error):
    """A WebSocket peer broke the protocol."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """A rejected field: dotted path, code, and parameters of its text (`min`, `max`)."""

    field: str
    code: str
    params: Mapping[str, Any] = dataclass_field(default_factory=dict)


class Invalid(Office360Error):
    """Some fields are not acceptable.

    The code is `invalid`, or the field's own code if docs/api.md#errors names it and no other field is rejected.
    """

    SPECIFIC_CODES = frozenset({"invalid_time", "idempotency_mismatch", "unknown_field"})

    def __init__(self, *fields: FieldError) -> None:
        codes = {field.code for field in fields}
        super().__init__(codes.pop() if len(codes) == 1 and codes <= self.SPECIFIC_CODES else "invalid")
        self.fields = fields
