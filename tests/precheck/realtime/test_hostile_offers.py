"""Offers of an attacker: hidden candidates, expensive repetitions, mutations."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from office360.precheck.domain.offer import BadOffer
from office360.precheck.realtime.aiortc_internals import ice_connection
from office360.precheck.realtime.ice_gathering import LOOPBACK
from office360.precheck.realtime.probe import AiortcProbe, MediaSockets

from ..support.loop_lag import measure_loop_lag
from ..support.offers import (
    CHROMIUM_OFFER,
    FOREIGN_SEPARATORS,
    candidate_line,
    complete_offer,
    expensive_offers,
    mutated_offer,
)
from .test_probe import PROBE_PORTS, FakeTestRoom

LISTEN_S = 0.3  # the first check is sent within 20 ms
MAX_LAG_MS = 100
MAX_ANSWER_BYTES = 64 * 1024
FUZZ_SEEDS = 400
NOWHERE = {("127.0.0.1", 9), ("::1", 9)}
MID_LINE = "a=mid:0"


def make_probe() -> AiortcProbe:
    return AiortcProbe(FakeTestRoom().callbacks(), MediaSockets([LOOPBACK], PROBE_PORTS))


def contacted_addresses(probe: AiortcProbe) -> set[tuple[str, int]]:
    """Return the addresses that the server checks."""
    return {(candidate.host, candidate.port) for candidate in ice_connection(probe._connection).remote_candidates}


class Listener(asyncio.DatagramProtocol):
    """A third party's socket."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.heard.append(data)


@pytest.mark.parametrize("ending", ["\r\n", "\n", ""])
@pytest.mark.parametrize("separator", ["\r\n", "\n", *FOREIGN_SEPARATORS])
async def test_hidden_candidate_receives_no_packets(separator: str, ending: str) -> None:
    transport, listener = await asyncio.get_running_loop().create_datagram_endpoint(
        Listener, local_addr=(LOOPBACK, 0)
    )
    line = candidate_line(transport.get_extra_info("sockname")[1])
    offers = [
        CHROMIUM_OFFER.replace(MID_LINE, f"{MID_LINE}{separator}{line}{ending or separator}", 1),
        f"{CHROMIUM_OFFER.rstrip()}{separator}{line}{ending}",
    ]
    probes = [make_probe() for _ in offers]
    for probe, offer in zip(probes, offers, strict=True):
        with suppress(BadOffer):
            await probe.answer_offer(offer)
            assert contacted_addresses(probe) == NOWHERE
    await asyncio.sleep(LISTEN_S)
    for probe in probes:
        await probe.close()
    transport.close()
    assert listener.heard == []


@pytest.mark.parametrize("separator", FOREIGN_SEPARATORS)
async def test_foreign_line_separator_is_refused(separator: str) -> None:
    probe = make_probe()
    with pytest.raises(BadOffer):
        await probe.answer_offer(CHROMIUM_OFFER.replace(MID_LINE, f"{MID_LINE}{separator}a=x", 1))
    await probe.close()


@pytest.mark.parametrize(("name", "body"), [*expensive_offers()], ids=lambda value: value[:30].replace(" ", "_"))
async def test_expensive_offer_holds_the_loop_briefly(name: str, body: str) -> None:
    probe = make_probe()
    answer = ""
    async with measure_loop_lag() as lag:
        with suppress(BadOffer):
            answer = await probe.answer_offer(complete_offer(body))
    await probe.close()
    assert lag.longest_ms < MAX_LAG_MS
    assert len(answer) < MAX_ANSWER_BYTES


async def test_mutated_offers_raise_only_bad_offer() -> None:
    failed: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(str(context)))
    answered = 0
    async with measure_loop_lag() as lag:
        for seed in range(FUZZ_SEEDS):
            probe = make_probe()
            try:
                await probe.answer_offer(mutated_offer(seed))
                assert contacted_addresses(probe) == NOWHERE, seed
                answered += 1
            except BadOffer:
                pass
            except Exception as error:
                failed.append(f"seed {seed}: {error!r}")
            await probe.close()
    assert failed == []
    assert 50 < answered < FUZZ_SEEDS - 50  # both outcomes are tested
    assert lag.longest_ms < MAX_LAG_MS


async def test_offer_without_direction_is_answered() -> None:
    probe = make_probe()
    answer = await probe.answer_offer(CHROMIUM_OFFER.replace("a=sendrecv\r\n", ""))
    await probe.close()
    assert answer.count("a=sendrecv\r\n") == 2
