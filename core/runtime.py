"""What every use case is handed: database, bus, clock, tokens, events; and the transaction it works in."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from .bus.base import Bus
from .clock import Clock
from .db import outbox, timer_rows
from .db.engine import Database
from .events import EventRegistry
from .tokens import TokenSigner

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Runtime:
    """The installation as use cases see it. Made by server/, handed on as an argument."""

    db: Database
    bus: Bus
    clock: Clock
    tokens: TokenSigner
    events: EventRegistry[Transaction]
    public_url: str  # without a slash at the end

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        return self.clock.now()

    def read_session(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A session for questions."""
        return self.db.read_session()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """One use case: commits when the block ends, rolls back when it raises, and only then publishes."""
        async with self.db.write_session() as session:
            tx = Transaction(session=session, runtime=self, now=self.now())
            yield tx
        await tx.publish_pending()


@dataclass(slots=True)
class Transaction:
    """The open transaction of one use case, and what is to be published once it has committed."""

    session: AsyncSession
    runtime: Runtime
    now: datetime
    _latest_by_topic: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _ordered_messages: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def publish_latest(self, topic: str, message: Mapping[str, Any]) -> None:
        """Send a state on the bus after the commit. A later state of the same topic replaces an earlier one."""
        self._latest_by_topic[topic] = message

    def publish_each(self, topic: str, message: Mapping[str, Any]) -> None:
        """Send one of several messages of a topic on the bus after the commit, in order, none replaced."""
        self._ordered_messages.append((topic, message))

    async def emit(self, event: object) -> None:
        """Tell the other folders; their handlers run at once, in this transaction."""
        await self.runtime.events.emit(self, event)

    def enqueue_message(
        self,
        kind: str,
        *,
        subject: str,
        recipient: str,
        payload: Mapping[str, Any],
        key: str,
        language: str,
        channel: str = "email",
        not_before: datetime | None = None,
    ) -> None:
        """Write an outbox row: what somebody outside is to be told if this transaction commits."""
        self.session.add(
            outbox.build_outbox_row(
                kind,
                subject=subject,
                recipient=recipient,
                payload=payload,
                key=key,
                language=language,
                channel=channel,
                created_at=self.now,
                not_before=not_before,
            )
        )

    async def void_messages(self, subject: str, kinds: Collection[str] | None = None) -> None:
        """Take back unsent outbox rows of a subject."""
        await outbox.void_messages(self.session, subject, kinds)

    async def schedule_timer(self, kind: str, *, subject: str, due_at: datetime) -> None:
        """Set a timer row; the same kind and subject moves an earlier one."""
        await timer_rows.schedule_timers(self.session, [(kind, subject, due_at)])

    async def schedule_timers(self, rows: Iterable[tuple[str, str, datetime]]) -> None:
        """Set several timers at once: kind, subject, when each is due."""
        await timer_rows.schedule_timers(self.session, list(rows))

    async def cancel_timers(self, subject: str, kinds: Collection[str] | None = None) -> None:
        """Forget timer rows of a subject."""
        await timer_rows.cancel_timers(self.session, subject, kinds)

    async def publish_pending(self) -> None:
        """After the commit. A bus that is down loses nothing: states are read again from SQL."""
        for topic, message in [*self._ordered_messages, *self._latest_by_topic.items()]:
            try:
                await self.runtime.bus.publish(topic, message)
            except OSError:
                logger.warning("publish_failed", extra={"topic": topic})
