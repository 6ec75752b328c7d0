"""Echo channel of a walk test: small messages come back, without retransmission."""

from __future__ import annotations

import pytest
from office360.precheck.domain.fault_location import RoomHealth
from office360.precheck.realtime.data_channels import MAX_BUFFERED_BYTES, MAX_ECHO_BYTES, DataChannelHandler
from office360.precheck.realtime.live_tests import ProbeCallbacks


class SentMessages:
    """An open channel that keeps its messages."""

    readyState = "open"

    def __init__(self, buffered: int = 0) -> None:
        self.bufferedAmount = buffered
        self.sent: list[str | bytes] = []

    def send(self, data: str | bytes) -> None:
        self.sent.append(data)


def handle(channel: SentMessages, data: str | bytes) -> list[str | bytes]:
    callbacks = ProbeCallbacks(lambda: RoomHealth(0.0, healthy=True), lambda: 1, lambda: None)
    handler = DataChannelHandler(callbacks)
    handler.attach_channel("echo", channel)
    handler.handle_message("echo", data)
    return channel.sent


def test_small_message_comes_back_unchanged() -> None:
    assert handle(SentMessages(), b"\0\0\0\7") == [b"\0\0\0\7"]


@pytest.mark.parametrize("data", ["text", bytes(MAX_ECHO_BYTES + 1)])
def test_other_messages_are_dropped(data: str | bytes) -> None:
    assert handle(SentMessages(), data) == []


def test_peer_that_acknowledges_nothing_gets_no_more_echoes() -> None:
    assert handle(SentMessages(MAX_BUFFERED_BYTES + 1), b"\0") == []
