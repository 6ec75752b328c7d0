"""A chosen channel as the settings of an installation set it up.

Imports no channel and no HTTP client.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..core.contact.channel_offers import ChannelOffer
from .domain.channel_budgets import BudgetLimits
from .domain.channel_declaration import ChannelDeclaration

if TYPE_CHECKING:  # the settings, which every command reads, need none of them
    from ..core.runtime import Runtime
    from .actions.worker import DeliveryChannel
    from .domain.short_message import ShortMessageWriter

    OpenChannel = Callable[[Runtime, ShortMessageWriter], AbstractAsyncContextManager[DeliveryChannel]]


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
    """How one channel is opened, checked and offered.

    `load` imports the channel and returns the function that opens it. `find_problem` is for `office360 check`;
    None if there is nothing to check. `receive` answers calls of the service, which it authenticates.
    """

    declaration: ChannelDeclaration
    load: Callable[[], OpenChannel] = field(repr=False)
    find_problem: Callable[[], Awaitable[str | None]] | None = field(default=None, repr=False)
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
