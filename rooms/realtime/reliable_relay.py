"""Relay of a room's messages between participants, until each receiver has them. No SQL.

The process of the sender numbers the messages of each pair of participants and keeps them until the
receiver's client has them, whichever process holds its session. It sends them again when the bus
was interrupted, when the receiver comes back with a new session, and after growing delays. A
receiver drops duplicates by number and asks for gaps. What cannot be delivered is told to the
sender. docs/protocol.md#relayed-messages describes what clients see.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol

from ...core.bus.base import Bus, BusMessage
from ...core.errors import Refused
from ...core.failures import log_failure, start_unbound_task
from ...core.ids import new_id
from ...core.json_types import JsonObject
from ...signaling.connection import build_error_message
from .encoded_message import EncodedMessage, encode_message
from .outgoing_pair import ChatDelivery, Loss, OutgoingPair, PendingMessage
from .participant_session import Receipt, RoomSession

logger = logging.getLogger(__name__)

BUS_MESSAGE_KIND = "relayed"
RECEIPTS_DELAY_S = 0.02  # receipts of a burst share a bus message
CHECK_INTERVAL_S = 1.0
REPEAT_REQUEST_S = 0.5  # before a gap is asked for again
MAX_BATCH_BYTES = 48 * 1024  # of texts in a bus message; a single text may be larger


class RelayEnds(Protocol):
    """The room in this process."""

    def admitted_ids(self) -> frozenset[str]: ...

    def find_session(self, participant_id: str) -> RoomSession | None:
        """Return the newest session of a participant in this process."""
        ...


class ReliableRelay:
    """Messages of a room that this process sends and receives."""

    def __init__(self, bus: Bus, topic: str, ends: RelayEnds) -> None:
        self._bus = bus
        self._topic = topic
        self._ends = ends
        # Numbers start again with each process, and each time a process opens the room.
        self.source_id = new_id()
        self._pairs: dict[tuple[str, str], OutgoingPair] = {}
        self._chats: dict[tuple[str, str], ChatDelivery] = {}  # not settled, by sender and id
        self._requested_at: dict[Receipt, float] = {}  # the last request for what follows a number
        # Parts of the next bus messages
        self._signals: list[JsonObject] = []
        self._receipts: dict[tuple[str, str, str], int] = {}  # number by source, sender and receiver
        self._requests: list[tuple[str, str, str, int]] = []  # source, sender, receiver, last number
        self._arrivals: set[str] = set()
        self._is_closed = False
        self._flushing: asyncio.Task[None] | None = None
        self._receipts_timer: asyncio.TimerHandle | None = None
        self._check_timer: asyncio.TimerHandle | None = None

    @property
    def has_pending(self) -> bool:
        """Whether a message has not been received and is not given up."""
        return any(pair.pending for pair in self._pairs.values())

    # Sending

    def send(self, sender: str, receivers: Iterable[str], message: JsonObject) -> None:
        """Send a message to participants."""
        self._send(sender, receivers, encode_message(message), None)

    def send_chat(
        self, sender: str, message: JsonObject, id_of_client: str | int | None, *, wants_notice: bool
    ) -> None:
        """Send a chat line to all other admitted participants.

        A line with the id of a line that is under way is the same line. Raises
        Refused("not_delivered") if there are no others.
        """
        receivers = self._ends.admitted_ids() - {sender}
        if not receivers:
            raise Refused("not_delivered")
        id_ = new_id() if id_of_client is None else str(id_of_client)
        if (sender, id_) in self._chats:
            return
        chat = ChatDelivery(sender, id_, id_of_client, wants_notice, set(receivers))
        self._chats[sender, id_] = chat
        self._send(sender, receivers, encode_message({**message, "id": id_}), chat)

    def _send(
        self, sender: str, receivers: Iterable[str], message: EncodedMessage, chat: ChatDelivery | None
    ) -> None:
        now = asyncio.get_running_loop().time()
        remote: dict[str, list[int]] = {}
        for receiver in receivers:
            pair = self._pair(sender, receiver)
            kept = pair.append(message, now, chat)
            session = self._ends.find_session(receiver)
            if session is not None:
                self._hand_over(session, self.source_id, sender, kept.number, pair.base, message)
            else:
                remote[receiver] = [kept.number, pair.base]
            self._give_up(pair, pair.take_overflow(), Loss.OVERFLOW)
            if pair.pending:
                self._schedule_check()
        if remote:
            self._publish_signal(sender, remote, message)

    def _pair(self, sender: str, receiver: str) -> OutgoingPair:
        pair = self._pairs.get((sender, receiver))
        if pair is None:
            pair = self._pairs[sender, receiver] = OutgoingPair(sender, receiver)
        return pair

    def _send_pending(self, pair: OutgoingPair, after: int = 0) -> None:
        """Send again what the receiver has not confirmed, here or over the bus."""
        session = self._ends.find_session(pair.receiver)
        base = pair.base
        for kept in [kept for kept in pair.pending if kept.number > after]:
            if session is not None:
                self._hand_over(session, self.source_id, pair.sender, kept.number, base, kept.message)
            else:
                self._publish_signal(pair.sender, {pair.receiver: [kept.number, base]}, kept.message)

    def _recover(self, pair: OutgoingPair) -> None:
        """Send again now, and soon once more if that is lost."""
        pair.restart_retries(asyncio.get_running_loop().time())
        self._send_pending(pair)

    def resend_to(self, participant_id: str) -> None:
        """Send again what a participant has not confirmed, who now has another session."""
        for pair in list(self._pairs.values()):
            if pair.receiver == participant_id:
                self._recover(pair)

    # Receiving

    def on_bus_message(self, message: BusMessage) -> None:
        """Handle what another process has sent. Call when the room's snapshot is current."""
        source: str = message["by"]
        if source == self.source_id:
            return
        for sender, receiver, number in message.get("received", {}).get(self.source_id, ()):
            self._take_receipt(sender, receiver, number)
        for sender, receiver, number in message.get("missed", {}).get(self.source_id, ()):
            self._send_pending(self._pair(sender, receiver), after=number)
        for participant_id in message.get("arrived", ()):
            self.resend_to(participant_id)
        for signal in message.get("signals", ()):
            self._receive_signal(source, signal)

    def _receive_signal(self, source: str, signal: JsonObject) -> None:
        sender, admitted = signal["from"], self._ends.admitted_ids()
        if sender not in admitted:  # or not known to be; then it is sent again
            return
        message = _decode_signal(signal)
        for receiver, (number, base) in signal["to"].items():
            session = self._ends.find_session(receiver)
            if session is not None and receiver in admitted:
                self._hand_over(session, source, sender, number, base, message)

    def _hand_over(
        self,
        session: RoomSession,
        source: str,
        sender: str,
        number: int,
        base: int,
        message: EncodedMessage | None,
    ) -> None:
        """Pass the next message of a stream to a session. Drop duplicates, and ask for gaps.

        `base`: lower numbers are received or given up, so a session that is new need not wait for them.
        """
        stream = (source, sender)
        # numbers below `base` never come, and waiting for them would block the stream
        last = max(session.handed_numbers.get(stream, 0), base - 1)
        if number > last + 1:
            self._request_missed(source, sender, session.participant_id, last)
        elif number <= last:
            received = session.received_numbers.get(stream, 0)
            if received >= number and source != self.source_id:  # the receipt was lost
                self._owe_receipt(source, sender, session.participant_id, received)
        else:
            session.handed_numbers[stream] = number
            session.send_relayed(message, Receipt(source, sender, number))

    def on_received(self, session: RoomSession, receipts: Sequence[Receipt]) -> None:
        """Pass on what a client in this process has received."""
        receiver = session.participant_id
        for source, sender, number in receipts:
            if source == self.source_id:
                self._take_receipt(sender, receiver, number)
            else:
                self._owe_receipt(source, sender, receiver, number)

    def _take_receipt(self, sender: str, receiver: str, number: int) -> None:
        pair = self._pairs.get((sender, receiver))
        if pair is None:
            return
        for kept in pair.take_received(number, asyncio.get_running_loop().time()):
            if kept.chat is not None:
                kept.chat.remaining.discard(receiver)
                self._settle(kept.chat)

    def _request_missed(self, source: str, sender: str, receiver: str, last: int) -> None:
        if source == self.source_id:
            self._send_pending(self._pair(sender, receiver), after=last)
            return
        now, key = asyncio.get_running_loop().time(), Receipt(source, f"{sender} {receiver}", last)
        if now - self._requested_at.get(key, -REPEAT_REQUEST_S) < REPEAT_REQUEST_S:
            return
        self._requested_at = {old: at for old, at in self._requested_at.items() if now - at < REPEAT_REQUEST_S} | {
            key: now
        }
        self._requests.append((source, sender, receiver, last))
        self._flush_soon()

    # Sessions and interruptions

    def announce_arrival(self, participant_id: str) -> None:
        """Have all processes send what a participant with a new session has not confirmed."""
        self.resend_to(participant_id)
        self._arrivals.add(participant_id)
        self._flush_soon()

    def recover_after_interruption(self, participant_ids: Iterable[str]) -> None:
        """Send pending messages again, and ask for those to the participants of this process."""
        for pair in list(self._pairs.values()):
            self._recover(pair)
        self._arrivals.update(participant_ids)
        if self._arrivals:
            self._flush_soon()

    def drop_absent(self) -> None:
        """Give up messages of and to participants who are no longer admitted."""
        if not self._pairs:
            return
        admitted = self._ends.admitted_ids()
        for pair in list(self._pairs.values()):
            if pair.pending and (pair.sender not in admitted or pair.receiver not in admitted):
                self._give_up(pair, pair.take_all(), Loss.ABSENT)

    # Loss

    def _give_up(self, pair: OutgoingPair, lost: Collection[PendingMessage], reason: Loss) -> None:
        """Tell the sender of chat lines and of parts of a negotiation that will not be delivered."""
        last_signal: EncodedMessage | None = None
        for kept in lost:
            if kept.chat is not None:
                kept.chat.remaining.discard(pair.receiver)
                kept.chat.lost.append(pair.receiver)
                self._settle(kept.chat)
            elif kept.message is not None and kept.message.pc_gen is not None:
                last_signal = kept.message
        if last_signal is not None and reason is not Loss.ABSENT:
            more = {"to": pair.receiver, "pc_gen": last_signal.pc_gen}
            self._tell_lost(pair.sender, {"type": last_signal.type}, more)

    def _settle(self, chat: ChatDelivery) -> None:
        """Tell the sender what became of a chat line once that is known for every receiver."""
        if chat.remaining:
            return
        self._chats.pop((chat.sender, chat.id), None)
        if chat.lost:
            self._tell_lost(chat.sender, {"type": "chat", "id": chat.id_of_client}, {"to": chat.lost})
        elif chat.wants_notice:
            session = self._ends.find_session(chat.sender)
            if session is not None:
                session.send_numbered({"type": "delivered", "id": chat.id_of_client})

    def _tell_lost(self, sender: str, message: JsonObject, more: JsonObject) -> None:
        session, error = self._ends.find_session(sender), Refused("not_delivered")
        if session is None:
            return
        sentence = session.describe_error(error) if session.describe_error else ""
        session.send_numbered({**build_error_message(message, error, sentence), **more})

    # Timers

    def _schedule_check(self) -> None:
        if self._check_timer is None and not self._is_closed:
            loop = asyncio.get_running_loop()
            self._check_timer = loop.call_later(CHECK_INTERVAL_S, self._check_pending)

    def _check_pending(self) -> None:
        """Give up what is too old, and send again what another process has not confirmed."""
        self._check_timer = None
        now = asyncio.get_running_loop().time()
        for pair in list(self._pairs.values()):
            self._give_up(pair, pair.take_expired(now), Loss.EXPIRED)
            if pair.is_due(now) and self._ends.find_session(pair.receiver) is None:
                self._send_pending(pair)
        if self.has_pending:
            self._schedule_check()

    # The bus

    def _publish_signal(self, sender: str, to: dict[str, list[int]], message: EncodedMessage | None) -> None:
        self._signals.append(_encode_signal(sender, to, message))
        self._flush_soon()

    def _owe_receipt(self, source: str, sender: str, receiver: str, number: int) -> None:
        self._receipts[source, sender, receiver] = number
        if self._receipts_timer is None:
            loop = asyncio.get_running_loop()
            self._receipts_timer = loop.call_later(RECEIPTS_DELAY_S, self._flush_soon)

    def _flush_soon(self) -> None:
        if self._flushing is None and not self._is_closed:
            self._flushing = start_unbound_task(self._flush(), name=f"relay {self._topic}")

    async def _flush(self) -> None:
        """Publish what has accumulated, until nothing is left. What is lost is sent again later."""
        try:
            while (batch := self._take_batch()) is not None:
                try:
                    await self._bus.publish(self._topic, batch)
                except OSError:
                    continue
        except Exception as error:  # the next message starts another task
            log_failure(logger, "relay_failed", error)
        finally:
            self._flushing = None

    def _take_batch(self) -> JsonObject | None:
        batch: JsonObject = {}
        if self._signals:
            batch["signals"] = self._take_signals()
        if self._receipts:
            batch["received"] = _group_by_source((*key, number) for key, number in self._receipts.items())
            self._receipts.clear()
        if self._requests:
            batch["missed"] = _group_by_source(self._requests)
            self._requests.clear()
        if self._arrivals:
            batch["arrived"] = sorted(self._arrivals)
            self._arrivals.clear()
        if self._receipts_timer is not None:
            self._receipts_timer.cancel()
            self._receipts_timer = None
        return {"kind": BUS_MESSAGE_KIND, "by": self.source_id, **batch} if batch else None

    def _take_signals(self) -> list[JsonObject]:
        size, count = 0, 0
        for signal in self._signals:
            size += len(signal["text"] or "")
            if count and size > MAX_BATCH_BYTES:
                break
            count += 1
        taken, self._signals = self._signals[:count], self._signals[count:]
        return taken

    async def close(self) -> None:
        """Stop the timers, and wait for the bus message under way."""
        self._is_closed = True
        for timer in (self._receipts_timer, self._check_timer):
            if timer is not None:
                timer.cancel()
        self._receipts_timer = self._check_timer = None
        if self._flushing is not None:
            await asyncio.gather(self._flushing, return_exceptions=True)


def _encode_signal(sender: str, to: dict[str, list[int]], message: EncodedMessage | None) -> JsonObject:
    if message is None:
        return {"from": sender, "to": to, "text": None}
    return {
        "from": sender,
        "to": to,
        "text": message.text,
        "type": message.type,
        "pc_gen": message.pc_gen,
        "id": message.id,
        "state_of": message.state_of,
    }


def _decode_signal(signal: JsonObject) -> EncodedMessage | None:
    if signal["text"] is None:
        return None
    fields = {name: signal[name] for name in ("text", "type", "pc_gen", "id", "state_of")}
    return EncodedMessage(sender=signal["from"], **fields)


def _group_by_source(rows: Iterable[tuple[str, str, str, int]]) -> dict[str, list[list[Any]]]:
    grouped: dict[str, list[list[Any]]] = {}
    for source, *pair in rows:
        grouped.setdefault(source, []).append(pair)
    return grouped
