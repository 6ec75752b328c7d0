"""Counts of the media packets of a test, for its losses. No clock, no network."""

from __future__ import annotations

from dataclasses import dataclass, field

SEQUENCE_NUMBERS = 1 << 16
# packets; a larger gap is a new beginning (MAX_DROPOUT of RFC 3550 appendix A.1)
MAX_JUMP = 3_000
# packets, two seconds of media; a later packet counts as a new beginning
MAX_REORDERING = 1_024
_REORDERING_MASK = (1 << MAX_REORDERING) - 1


class SequenceCounter:
    """Counts the packets of an SSRC: how many were expected, and how many arrived.

    A late packet is no loss, and a packet that arrives twice counts once.
    """

    __slots__ = ("_arrived", "_first", "_highest", "expected", "received")

    def __init__(self) -> None:
        self.expected = self.received = 0
        self._first = self._highest = 0  # without a limit of 16 bits
        self._arrived = 0  # bit n: whether the packet n before the highest has arrived

    def count_packet(self, sequence_number: int) -> None:
        """Count a packet by its sequence number of 16 bits."""
        half = SEQUENCE_NUMBERS // 2
        step = (sequence_number - self._highest + half) % SEQUENCE_NUMBERS - half  # negative: a late packet
        if not self.received or step > MAX_JUMP or step <= -MAX_REORDERING:
            self._begin(sequence_number)
        elif step > 0:
            self._advance(step)
        else:
            self._fill_gap(-step)

    def _begin(self, sequence_number: int) -> None:
        self._first = self._highest = sequence_number
        self._arrived = 1
        self.expected += 1
        self.received += 1

    def _advance(self, ahead: int) -> None:
        self._highest += ahead
        self._arrived = (self._arrived << ahead | 1) & _REORDERING_MASK
        self.expected += ahead
        self.received += 1

    def _fill_gap(self, behind: int) -> None:
        if self._arrived >> behind & 1:
            return
        self._arrived |= 1 << behind
        self.received += 1
        earlier = self._first - (self._highest - behind)
        # the stream began before the first packet that arrived
        if earlier > 0:
            self._first -= earlier
            self.expected += earlier


@dataclass(slots=True)
class MediaCounts:
    """Packets of a kind of media, without retransmissions.

    `forwarded` returned to the browser. `over_rate` did not, by our own limit: they are no loss on the network.
    """

    streams: dict[int, SequenceCounter] = field(default_factory=dict)  # by SSRC
    forwarded: int = 0
    over_rate: int = 0

    def count_packet(self, ssrc: int, sequence_number: int) -> None:
        """Count a packet that arrived from the browser."""
        counter = self.streams.get(ssrc)
        if counter is None:
            counter = self.streams[ssrc] = SequenceCounter()
        counter.count_packet(sequence_number)

    def restart(self) -> None:
        """Forget all packets so far: none of them counts as lost when the next packet arrives."""
        self.streams.clear()
        self.forwarded = self.over_rate = 0

    def totals(self) -> dict[str, int]:
        """Return the totals of all streams, for the browser."""
        return {
            "expected": sum(stream.expected for stream in self.streams.values()),
            "received": sum(stream.received for stream in self.streams.values()),
            "forwarded": self.forwarded,
            "over_rate": self.over_rate,
        }
