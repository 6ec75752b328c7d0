"""Requests to the gateways of chosen channels, and their refusals. Pure: no sockets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from .send_results import DeliveryReceipt, NoLongerWanted, PermanentFailure, TemporaryFailure

if TYPE_CHECKING:  # the settings, which every command reads, need neither messages nor templates
    from .message_content import OutboxMessage
    from .short_message import ShortMessage


@dataclass(frozen=True, slots=True)
class GatewayRequest:
    """A POST that sends a message. Its address and headers may hold secrets."""

    url: str = field(repr=False)
    body: bytes
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class GatewayRefusal:
    """An answer other than success.

    `is_temporary`: its status says that a later request can succeed. `retry_after_s`: from its header.
    """

    status: int
    body: bytes
    is_temporary: bool
    retry_after_s: float | None

    def find_number(self, *path: str) -> int | None:
        """Return the integer at this path of the JSON in the body; None without it."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return None
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, int) else None

    def to_failure(
        self, *, is_permanent: bool, error_code: int | None = None
    ) -> PermanentFailure | TemporaryFailure:
        """Return the failure of the message.

        What the operator can mend (login, sender, budget) concerns all messages, so the whole channel pauses.
        """
        detail = f"{self.status} {error_code}" if error_code else f"{self.status}"
        if is_permanent:
            return PermanentFailure(f"refused: {detail}")
        return TemporaryFailure(f"later: {detail}", self.retry_after_s, whole_channel=True)


@dataclass(frozen=True, slots=True)
class GatewayCheck:
    """A request that sends no message and tells whether a gateway can be used.

    `refusal`: what another status than success means; empty if every answer will do. `secret` is hidden in
    problems.
    """

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    refusal: str = ""
    method: str = "GET"
    secret: str = field(default="", repr=False)


class Gateway(Protocol):
    """The part of a chosen channel that depends on its service."""

    @property
    def check(self) -> GatewayCheck:
        """The request of `office360 check`."""
        ...

    def build_request(self, message: OutboxMessage, short: ShortMessage, key: str) -> GatewayRequest:
        """Build the request that sends a message; `key` is the same for every attempt.

        Raises PermanentFailure for a recipient that the service cannot have.
        """
        ...

    def classify_refusal(
        self, refusal: GatewayRefusal
    ) -> PermanentFailure | TemporaryFailure | NoLongerWanted: ...


def build_json_request(url: str, value: Mapping[str, Any], headers: Mapping[str, str]) -> GatewayRequest:
    return GatewayRequest(url, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})


def build_receipt(message: OutboxMessage, short: ShortMessage) -> DeliveryReceipt:
    """Build the stored receipt, which never holds the text.

    Its id is the key of all attempts; gateways accept references of up to 64 characters.
    """
    return DeliveryReceipt(f"{message.channel}-{message.id}", short.title)
