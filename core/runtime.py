"""Dependencies of every use case, and the transaction in which it works."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from .bus.base import Bus
from .clock import Clock
from .db import outbox, timer_rows
from .db.engine import Database
from .db.session_hooks import call_after_commit
from .db.write_batch import WriteBatch
from .events import EventRegistry
from .i18n.languages import LanguageChoice
from .ids import new_id
from .tokens import TokenSigner

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Runtime:
    """Database, bus, clock, tokens and events of an installation. server/ builds it."""

    db: Database
    bus: Bus
    clock: Clock
    tokens: TokenSigner
    events: EventRegistry[Transaction]
    public_url: str  # without a trailing slash
    languages: LanguageChoice = field(default_factory=LanguageChoice)
    process_id: str = field(default_factory=new_id)  # of its heartbeat and its claims

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        return self.clock.now()

    def read_session(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a session that never commits."""
        return self.db.read_session()

    def statement_session(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a session for a single SELECT, without a transaction around it."""
        return self.db.statement_session()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open the transaction of a use case. It publishes after the commit.

        It commits when the block ends, and rolls back when the block raises.
        """
        async with self.db.write_session() as session:
            tx = Transaction(session=session, runtime=self, now=self.now())
            yield tx
            await tx.writes.flush()
        # after the commit: a person is told only what is committed, and no network is awaited in a transaction
        await tx.publish_pending()


@dataclass(slots=True)
class Transaction:
    """The open transaction of a use case, and the bus messages to publish after its commit.

    `writes`: rows that are written together, at the next flush of the batch or before the commit.
    """

    session: AsyncSession
    runtime: Runtime
    now: datetime
    writes: WriteBatch = field(init=False)
    _latest_by_topic: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _ordered_messages: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.writes = WriteBatch(self.session)

    def publish_latest(self, topic: str, message: Mapping[str, Any]) -> None:
        """Publish a state after the commit; a later state of the same topic replaces it."""
        self._latest_by_topic[topic] = message

    def publish_unless_pending(self, topic: str, message: Mapping[str, Any]) -> None:
        """Publish a state after the commit unless another message of this topic will be."""
        self._latest_by_topic.setdefault(topic, message)

    def publish_each(self, topic: str, message: Mapping[str, Any]) -> None:
        """Publish every message of a topic after the commit, in order."""
        self._ordered_messages.append((topic, message))

    def log_after_commit(self, log: logging.Logger, event: str, **ids: object) -> None:
        """Log an event of a life cycle if this transaction commits.

        Pass ids and codes only, nothing of a person.
        """
        call_after_commit(self.session, partial(log.info, event, extra=ids))

    async def emit(self, event: object) -> None:
        """Run the handlers of other features for this event, in this transaction."""
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
        """Insert an outbox row, which is sent if this transaction commits."""
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
        """Void the unsent outbox rows of a subject: all kinds, or these."""
        await outbox.void_messages(self.session, subject, kinds)

    async def schedule_timer(self, kind: str, *, subject: str, due_at: datetime) -> None:
        """Schedule a timer, or move the timer of the same kind and subject.

        A timer that is due now fires soon after the commit; without the bus, within a second.
        """
        await self.schedule_timers([(kind, subject, due_at)])

    async def schedule_timers(self, rows: Iterable[tuple[str, str, datetime]]) -> None:
        """Schedule several timers: kind, subject, due time."""
        timers = list(rows)
        await timer_rows.schedule_timers(self.session, timers)
        if any(due_at <= self.now for _, _, due_at in timers):
            self.publish_latest(timer_rows.DUE_NOW_TOPIC, {})

    def batch_timers(self, rows: Iterable[tuple[str, str, datetime]]) -> None:
        """Schedule several timers that are due in the future, with the next flush of `writes`."""
        timer_rows.batch_timers(self.writes, list(rows))

    async def cancel_timers(self, subject: str, kinds: Collection[str] | None = None) -> None:
        """Delete the timers of a subject: all kinds, or these."""
        await timer_rows.cancel_timers(self.session, subject, kinds)

    async def publish_pending(self) -> None:
        """Publish after the commit. If the bus is down, subscribers reload the state from SQL."""
        for topic, message in [*self._ordered_messages, *self._latest_by_topic.items()]:
            try:
                await self.runtime.bus.publish(topic, message)
            except OSError:
                logger.debug("publish_failed", extra={"topic": topic})  # the bus has logged its outage
