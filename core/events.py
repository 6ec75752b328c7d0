"""How a lower folder tells the higher ones what happened, without knowing them.

Handlers are registered by server/ at start and run in the transaction of whoever emits, so that a
cancellation and all that follows from it commit together or not at all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from .runtime import Transaction

EventT = TypeVar("EventT")
EventHandler = Callable[["Transaction", Any], Awaitable[None]]


class EventRegistry:
    """Who wants to hear of which event. Filled once by server/, only read afterwards."""

    def __init__(self) -> None:
        self._handlers: dict[type[Any], list[EventHandler]] = {}

    def register_handler(
        self, event_type: type[EventT], handler: Callable[[Transaction, EventT], Awaitable[None]]
    ) -> None:
        """Call `handler(tx, event)` for every event of exactly this type."""
        self._handlers.setdefault(event_type, []).append(handler)

    async def emit(self, tx: Transaction, event: object) -> None:
        """Run the handlers one after the other, in the order of their registration."""
        for handler in self._handlers.get(type(event), ()):
            await handler(tx, event)
