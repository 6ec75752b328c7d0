"""A chosen channel as the settings of an installation set it up.

Imports no HTTP client.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..core.contact.channel_offers import ChannelOffer
from .domain.channel_budgets import BudgetLimits
from .domain.channel_declaration import ChannelDeclaration
from .domain.gateway import Gateway

if TYPE_CHECKING:  # the settings, which every command reads, need no runtime
    from ..core.runtime import Runtime


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """A call of the channel's service to `/webhooks/{channel}`.

    `translate`: into a language, a sentence of an answer that the person reads.
    """

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    translate: Callable[[str, str], str] = lambda _, sentence: sentence


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """The answer: a status, and a text or a JSON object."""

    status: int = 200
    text: str = ""
    json: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class ChannelSetup:
    """How a channel is sent, limited and offered.

    `gateway` is None in development without a gateway: `/dev/outbox` shows the messages, and none is sent.
    `countries`: calling codes of the numbers that it sends to; empty for a channel without numbers. `link`: see
    `ChannelOffer`. `limits`: None for a channel that costs nothing. `receive` answers calls of the service, which
    it authenticates.
    """

    declaration: ChannelDeclaration
    gateway: Gateway | None = field(repr=False)
    countries: frozenset[str] = frozenset()
    link: str = ""
    limits: BudgetLimits | None = None
    receive: Callable[[Runtime, WebhookCall], Awaitable[WebhookAnswer]] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return self.declaration.name

    @property
    def offer(self) -> ChannelOffer:
        """Return what citizens and the other features see of the channel."""
        declared = self.declaration
        return ChannelOffer(
            channel=declared.name,
            title=declared.title,
            texts=declared.texts,
            countries=self.countries,
            link=self.link,
            uses_given_number=declared.uses_given_number,
        )
