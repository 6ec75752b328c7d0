"""A soak: load, faults, and the balance of the books."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .audit import Audit, Findings
from .citizens import (
    Citizens,
    appointment,
    appointment_by_form,
    talk_to_assistant,
    walk_in,
    walk_in_by_form,
)
from .city import build_city
from .faults import FAULTS, possible_faults
from .ledger import Ledger
from .people_client import Traffic, open_people_client
from .phones import Phones
from .plan import SoakPlan
from .recovery import Probe
from .report import SurvivedFault, book_lines, fault_lines, resource_lines, traffic_line
from .resources import ResourceLog, count_idle_files
from .soaked_product import SoakedProduct, run_processes, run_product
from .staff import Agent, Host
from .video_calls import VideoCalls

RIGHT_AGAIN_PATIENCE_S = 120.0  # a hung process is killed after 20 s, and a lease of 60 s may follow
FINISH_S = 20.0  # for people to end what they have begun, after the last fault
# People a second at a load of 1.
RATES = {
    "walk in": 0.5,
    "walk in by form": 0.12,
    "appointment": 0.3,
    "appointment by form": 0.06,
    "assistant": 0.06,
    "video call": 0.08,
    "connection test": 0.06,
}


@dataclass
class SoakResult:
    """Everything that a run found."""

    plan: SoakPlan
    seconds: float
    traffic: Traffic
    faults: list[SurvivedFault] = field(default_factory=list)
    findings: Findings = field(default_factory=dict)
    compared: dict[str, int] = field(default_factory=dict)
    resources: ResourceLog = field(default_factory=ResourceLog)
    load: str = ""
    balanced_after_s: float = 0.0

    @property
    def is_balanced(self) -> bool:
        return not any(self.findings.values())

    def lines(self) -> list[str]:
        return [
            f"seed {self.plan.seed}: {self.seconds:.0f} s at 50 times the speed of a day; {self.load}",
            traffic_line(self.traffic, self.seconds),
            f"refusals: {dict(self.traffic.refusals.most_common(12))}",
            "",
            *fault_lines(self.faults),
            "",
            f"balanced {self.balanced_after_s:.0f} s after the last person",
            *book_lines(self.findings, self.compared),
            "",
            *resource_lines(self.resources),
            "",
            "THE BOOKS ARE BALANCED" if self.is_balanced else "THE BOOKS ARE NOT BALANCED",
        ]


async def soak(
    plan: SoakPlan, folder: Path, *, only_cheap: bool = False, tell: Callable[[str], None]
) -> SoakResult:
    """Run a soak in a folder of its own."""
    async with run_product(folder) as product:
        offices = await build_city(product.runtime, plan.offices, plan.desks)
        async with run_processes(product):
            traffic = Traffic()
            async with open_people_client(product.url, traffic, plan.random("client")) as client:
                phones = Phones(client.session, plan.random("phones"))
                people = Citizens(
                    client, phones, Ledger(), offices[:-1], product.runtime, product.url, plan.random("citizens")
                )
                probe = Probe(product, offices[-1], people.ledger, traffic, plan.random("probe"))
                run = SoakRun(plan, product, people, probe, only_cheap, tell)
                try:
                    return await run.run()
                finally:
                    await phones.close()


class SoakRun:
    """The people, faults and books of a soak."""

    def __init__(
        self,
        plan: SoakPlan,
        product: SoakedProduct,
        people: Citizens,
        probe: Probe,
        only_cheap: bool,
        tell: Callable[[str], None],
    ) -> None:
        self._plan = plan
        self._product = product
        self._people = people
        self._probe = probe
        self._tell = tell
        self._kinds = possible_faults(product, only_cheap=only_cheap)
        self._calls = VideoCalls(people)
        self._log = ResourceLog()
        self._failures: list[str] = []
        self._people_tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> SoakResult:
        product, people = self._product, self._people
        idle_files = count_idle_files(product.pids())
        began_s, stop, end = time.monotonic(), asyncio.Event(), asyncio.Event()
        agents = self._agents()
        staff = [asyncio.create_task(agent.work(stop)) for agent in agents]
        staff += [
            asyncio.create_task(Host(people, office, self._plan.random(office.office.slug)).work(stop))
            for office in people.offices
        ]
        arriving = [asyncio.create_task(self._arrive(name, rate, stop)) for name, rate in RATES.items()]
        background = [
            asyncio.create_task(self._probe.run(end)),
            asyncio.create_task(self._log.run(product.pids, end)),
        ]
        try:
            faults = await self._make_faults(began_s)
            await asyncio.sleep(max(0.0, began_s + self._plan.seconds - time.monotonic()))
            stop.set()
            seconds = time.monotonic() - began_s
            await asyncio.wait(staff, timeout=60)
            if self._people_tasks:
                await asyncio.wait(self._people_tasks, timeout=FINISH_S)
            end.set()
            await asyncio.gather(*background)
        finally:
            every = [*staff, *arriving, *background, *self._people_tasks]
            for task in every:
                task.cancel()
            results = await asyncio.gather(*every, return_exceptions=True)
        self._failures += [repr(result) for result in results if isinstance(result, Exception)]
        return await self._balance(faults, seconds, idle_files, sum(agent.served for agent in agents))

    def _agents(self) -> list[Agent]:
        return [
            Agent(self._people.client, self._people.ledger, office, desk, key, self._plan.random(desk))
            for office in self._people.offices
            for desk, key in office.desk_keys.items()
        ]

    async def _arrive(self, name: str, rate: float, stop: asyncio.Event) -> None:
        """Let people arrive at random, each with a task of their own."""
        chance = self._plan.random(name)
        ways: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            "walk in": lambda: walk_in(self._people),
            "walk in by form": lambda: walk_in_by_form(self._people),
            "appointment": lambda: appointment(self._people),
            "appointment by form": lambda: appointment_by_form(self._people),
            "assistant": lambda: talk_to_assistant(self._people),
            "video call": self._calls.call,
            "connection test": self._calls.test_connection,
        }
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), chance.expovariate(rate * self._plan.load))
            if not stop.is_set():
                task = asyncio.create_task(self._live(ways[name]), name=name)
                self._people_tasks.add(task)
                task.add_done_callback(self._people_tasks.discard)

    async def _live(self, way: Callable[[], Awaitable[None]]) -> None:
        try:
            await way()
        except Exception as error:  # a mistake of the soak itself must not end it, and must be seen
            self._failures.append(f"{way}: {error!r}")

    async def _make_faults(self, began_s: float) -> list[SurvivedFault]:
        chance, survived = self._plan.random("victims"), []
        for at_s, name in self._plan.draw_faults(self._kinds):
            await asyncio.sleep(max(0.0, began_s + at_s - time.monotonic()))
            if time.monotonic() - began_s > self._plan.seconds:
                break  # earlier faults took longer than planned
            survived.append(await self._survive(name, chance))
        return survived

    async def _survive(self, name: str, chance: random.Random) -> SurvivedFault:
        kind, traffic, rounds = FAULTS[name], self._people.client.traffic, self._probe.rounds
        before = traffic.statuses[503], traffic.unanswered, len(traffic.crashes)
        began_s = time.monotonic()
        await kind.begin(self._product, chance)
        try:
            await asyncio.sleep(kind.lasts_s * self._plan.fault_length)
        finally:
            await kind.end(self._product, chance)
        ended_s = time.monotonic()
        right_after_s = await self._probe.wait_until_right(ended_s, RIGHT_AGAIN_PATIENCE_S)
        fault = SurvivedFault(
            name,
            right_after_s,
            traffic.statuses[503] - before[0],
            traffic.unanswered - before[1],
            len(traffic.crashes) - before[2],
        )
        failed = {probe.failure for probe in rounds if probe.failure and probe.ended_s > began_s}
        when = "NOT RIGHT AGAIN" if right_after_s is None else f"right again after {right_after_s:.1f} s"
        self._tell(f"{name}: {when}; steps that failed: {', '.join(sorted(failed)) or 'none'}")
        return fault

    async def _balance(
        self, faults: list[SurvivedFault], seconds: float, idle_files: dict[str, int], served: int
    ) -> SoakResult:
        people, phones = self._people, self._people.phones
        audit = Audit(self._product, people.ledger, self._plan.desks)
        findings, balanced_after_s = await audit.settle(phones.all, people.client)
        findings["phones"] += phones.refused()
        findings["rooms"] += self._calls.stuck
        findings["answers 500"] = [f"{call}: {status}" for _, status, call in people.client.traffic.crashes]
        findings["recovery"] = [
            f"{fault.kind}: not right again" for fault in faults if fault.right_after_s is None
        ]
        most = phones.most
        await phones.close()
        await asyncio.sleep(2)
        pids = self._product.pids()
        findings["processes"] = [*self._log.growth(), *self._log.left_files(pids, idle_files)]
        findings["soak itself"] = self._failures
        audit.compared["answers 500"] = sum(people.client.traffic.statuses.values())
        audit.compared["recovery"] = len(faults)
        audit.compared["processes"] = len(self._log.samples)
        sink = self._product.sink
        load = (
            f"{sum(people.arrivals.values())} people came {dict(people.arrivals)}, {served} were served, "
            f"{most} phones at once; calls {dict(self._calls.calls)} "
            f"with {self._calls.reconnections} reconnections; "
            f"connection tests {dict(self._calls.tests)}; "
            f"{len(sink.received('email'))} e-mails ({sink.count_duplicates('email')} twice), "
            f"{len(sink.received('sms'))} SMS ({sink.count_duplicates('sms')} twice); "
            f"{len(self._probe.rounds)} rounds of the probe"
        )
        return SoakResult(
            self._plan,
            seconds,
            people.client.traffic,
            faults,
            findings,
            audit.compared,
            self._log,
            load,
            balanced_after_s,
        )
