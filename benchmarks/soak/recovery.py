"""The probe of a soak, which walks through the product and says when it is right."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from sqlalchemy import select

from ...core.db.outbox import OutboxRow
from ...core.errors import DatabaseAway
from .city import StaffedOffice
from .ledger import Ledger, Outcome, RecordedWrite
from .people_client import Traffic
from .phones import Phone
from .soaked_product import SoakedProduct

STEP_TIMEOUT_S = 30.0  # a busy machine is slow, but not wrong
CONSECUTIVE_ROUNDS = 3  # each on new connections, which reach any web process
PATIENCE_ROUNDS = 10
ROUND_INTERVAL_S = 0.3
POLL_INTERVAL_S = 0.05
PROBE_SERVICE = "documents"


@dataclass(frozen=True, slots=True)
class ProbeRound:
    """A walk: a ticket is taken, shown, called, shown as called, told by SMS, and served.

    Times are CLOCK_MONOTONIC, in seconds. `failure`: the step that failed, empty if none did.
    """

    began_s: float
    ended_s: float
    failure: str = ""


class StepFailed(Exception):
    """A step of a round had no, or another, result."""


def usual_round_s(rounds: Sequence[ProbeRound]) -> float:
    """Return the median length of rounds that succeeded; 0 without any."""
    return statistics.median([probe.ended_s - probe.began_s for probe in rounds if not probe.failure] or [0.0])


def seconds_until_right(rounds: Sequence[ProbeRound], since_s: float, usual_s: float = 0.0) -> float | None:
    """Return the seconds from an instant until the product was right; None if not yet.

    It is right after CONSECUTIVE_ROUNDS that succeed and began after the instant: from the end of the first,
    less the usual length of a round, because a part that still hangs makes a round longer.
    """
    in_a_row: list[ProbeRound] = []
    for probe in rounds:
        if probe.failure or probe.began_s < since_s:
            in_a_row = []
            continue
        in_a_row.append(probe)
        if len(in_a_row) == CONSECUTIVE_ROUNDS:
            return max(0.0, in_a_row[0].began_s - since_s, in_a_row[0].ended_s - usual_s - since_s)
    return None


@dataclass
class Probe:
    """Walks through the office of the probe, round after round, and repeats no request."""

    product: SoakedProduct
    office: StaffedOffice
    ledger: Ledger
    traffic: Traffic
    chance: random.Random
    rounds: list[ProbeRound] = field(default_factory=list)

    async def run(self, stop: asyncio.Event) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            began_s, failure = time.monotonic(), ""
            try:
                async with aiohttp.ClientSession(
                    self.product.url, timeout=aiohttp.ClientTimeout(total=STEP_TIMEOUT_S)
                ) as session:
                    await self._walk(session, number)
            except StepFailed as failed:
                failure = str(failed)
            self.rounds.append(ProbeRound(began_s, time.monotonic(), failure))
            await asyncio.sleep(ROUND_INTERVAL_S)

    async def wait_until_right(self, since_s: float, patience_s: float) -> float | None:
        """Return the seconds from an instant until the product was right, as above.

        Waits at most `patience_s`, or PATIENCE_ROUNDS usual rounds on a machine on which they take longer.
        """
        usual_s = usual_round_s([probe for probe in self.rounds if probe.ended_s < since_s])
        try:
            async with asyncio.timeout(max(patience_s, PATIENCE_ROUNDS * usual_s)):
                while (found := seconds_until_right(self.rounds, since_s, usual_s)) is None:  # noqa: ASYNC110
                    await asyncio.sleep(ROUND_INTERVAL_S)
        except TimeoutError:
            return None
        return found

    async def _walk(self, session: aiohttp.ClientSession, number: int) -> None:
        ((desk, key),) = self.office.desk_keys.items()
        email = f"probe{number}@soak.example.org"
        self.ledger.tickets[email] = RecordedWrite(Outcome.UNKNOWN)
        body = {"service": PROBE_SERVICE, "email": email, "phone": f"+347{number:08d}", "sms": True}
        taken = await self._post(session, f"/offices/{self.office.office.slug}/tickets", body, 201)
        self.ledger.tickets[email] = RecordedWrite(Outcome.ACKNOWLEDGED, taken["id"])
        phone = Phone(session, taken["id"], taken["token"], self.chance)
        try:
            if not await phone.wait_for(lambda shown: shown.state == "waiting", STEP_TIMEOUT_S):
                raise StepFailed("phone did not show the ticket")
            await self._free_desk(session, desk, key)
            while await self._call(session, desk, key) != taken["id"]:
                await self._free_desk(session, desk, key)  # people of rounds that failed come first
            if not await phone.wait_for(lambda shown: shown.state == "called", STEP_TIMEOUT_S):
                raise StepFailed("phone did not show the call")
            await self._wait_for_sms(taken["id"])
            await self._act(session, taken["id"], "start", key)
            await self._act(session, taken["id"], "finish", key)
            if not await phone.wait_for(lambda shown: shown.state == "finished", STEP_TIMEOUT_S):
                raise StepFailed("phone did not show the end")
        finally:
            await phone.close()

    async def _call(self, session: aiohttp.ClientSession, desk: str, key: str) -> str:
        called = await self._post(session, f"/desks/{desk}/call-next", {}, 200, key)
        self.ledger.record_action(called["id"], "called", Outcome.ACKNOWLEDGED)
        return str(called["id"])

    async def _act(self, session: aiohttp.ClientSession, ticket: str, call: str, key: str) -> None:
        event = {"start": "started", "finish": "finished"}[call]
        with self.ledger.unanswered_action(ticket, event):
            await self._post(session, f"/staff/tickets/{ticket}/{call}", {}, 200, key)
        self.ledger.record_action(ticket, event, Outcome.ACKNOWLEDGED)

    async def _free_desk(self, session: aiohttp.ClientSession, desk: str, key: str) -> None:
        """Open the desk if it is closed, and finish the ticket of an earlier round there."""
        opened = await self._post(session, f"/desks/{desk}/open", {}, 200, key)
        ticket = opened["ticket"]
        if ticket is None:
            return
        if ticket["state"] == "called":
            await self._act(session, ticket["id"], "start", key)
        await self._act(session, ticket["id"], "finish", key)

    async def _wait_for_sms(self, ticket: str) -> None:
        """Wait until the gateway has the SMS of the call."""
        query = select(OutboxRow.id).where(OutboxRow.key.like(f"turn_called:{ticket}:%"))
        sms = self.product.sink.folder / "sms"
        try:
            async with asyncio.timeout(STEP_TIMEOUT_S):
                async with self.product.runtime.read_session() as session:
                    identifier = f"sms-{(await session.execute(query)).scalar_one()}"
                while identifier not in sms.read_text():  # noqa: ASYNC110
                    await asyncio.sleep(POLL_INTERVAL_S)
        except DatabaseAway:
            raise StepFailed("the probe cannot read the database") from None
        except TimeoutError:
            raise StepFailed("no SMS of the call") from None

    async def _post(
        self, session: aiohttp.ClientSession, path: str, body: Any, expected: int, key: str = ""
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        began_s, name = time.monotonic(), path.rpartition("/")[2]
        try:
            async with session.post(f"/api/v1{path}", json=body, headers=headers) as answer:
                status = answer.status
                found: dict[str, Any] = await answer.json(content_type=None) if status != 204 else {}
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            self.traffic.unanswered += 1
            raise StepFailed(f"{name}: {type(error).__name__}") from None
        self.traffic.record(status, f"POST {name} of the probe", time.monotonic() - began_s)
        if status != expected:
            raise StepFailed(f"{name}: {status} {found.get('code', '')}")
        return found
