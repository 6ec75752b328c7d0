"""Events by which a lower folder informs the folders above it without importing them.

server/ registers the handlers at start. They run in the transaction of the use case that emits the event, so a
cancellation and its consequences commit together or not at all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

TransactionT = TypeVar("TransactionT")
EventT = TypeVar("EventT")


class EventRegistry(Generic[TransactionT]):
    """Handlers by event type. Filled once at start, then only read.

    `TransactionT` is core.runtime.Transaction, which this module cannot import: its field holds the registry.
    """

    def __init__(self) -> None:
        self._handlers: dict[type[Any], list[Callable[[TransactionT, Any], Awaitable[None]]]] = {}

    def register_handler(
        self, event_type: type[EventT], handler: Callable[[TransactionT, EventT], Awaitable[None]]
    ) -> None:
        """Call `handler(tx, event)` for every event of exactly this type."""
        self._handlers.setdefault(event_type, []).append(handler)

    async def emit(self, tx: TransactionT, event: object) -> None:
        """Run the handlers in the order of their registration."""
        for handler in self._handlers.get(type(event), ()):
            await handler(tx, event)
