"""Runs of the what-if simulation: bounded, and never two at once in a process. No writes."""

from __future__ import annotations

import asyncio
import logging
import pickle
import sys
from collections import OrderedDict
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from ....core.db.process_cache import process_cache
from ....core.errors import Refused
from ....core.runtime import Runtime
from ....offices.service import Office
from ...simulation.what_if import WhatIfResult
from . import what_if_process
from .what_if_plan import PlannedWhatIf, WhatIfQuestion, plan_what_if

logger = logging.getLogger(__name__)

BUSY_AFTER_S = 5.0  # a reader waits this long for the simulation of another person
KILLED_AFTER_S = 60.0  # the child process ends itself after twenty seconds
# the same question, also in the other language, is answered at once
KEPT_FOR = timedelta(minutes=15)
MAX_KEPT = 50  # answers of a few kilobytes
PACKAGE_PARENT = Path(__file__).parents[4]  # the folder with the package
CHILD_PROGRAM = f"import sys; sys.path.insert(0, sys.argv[1]); from {what_if_process.__name__} import main; main()"

WhatIfAnswer = tuple[PlannedWhatIf, WhatIfResult]


class WhatIfRuns:
    """The simulations of this process."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, int, WhatIfQuestion], tuple[datetime, WhatIfAnswer]] = OrderedDict()
        self._running = asyncio.Lock()

    def kept(self, office: Office, question: WhatIfQuestion, now: datetime) -> WhatIfAnswer | None:
        """Return a young answer to the same question about the same version of the office."""
        found = self._answers.get((office.id, office.version, question))
        return found[1] if found and found[0] <= now < found[0] + KEPT_FOR else None

    async def run(
        self, office: Office, question: WhatIfQuestion, planned: PlannedWhatIf, now: datetime
    ) -> WhatIfAnswer:
        """Simulate in a child process. Raises Refused("simulation_busy")."""
        try:
            await asyncio.wait_for(self._running.acquire(), BUSY_AFTER_S)
        except TimeoutError:
            raise Refused("simulation_busy") from None
        try:
            # the run that this caller waited for may have answered the same question
            answer = self.kept(office, question, now) or (planned, await _simulate(planned))
        finally:
            self._running.release()
        self._answers[office.id, office.version, question] = (now, answer)
        if len(self._answers) > MAX_KEPT:
            self._answers.popitem(last=False)
        return answer


def kept_answer(runtime: Runtime, office: Office, question: WhatIfQuestion) -> WhatIfAnswer | None:
    """Return the kept answer to a question; None if it must be simulated."""
    return runtime.db.process_cache.get(WhatIfRuns).kept(office, question, runtime.now())


async def answer_what_if(runtime: Runtime, office: Office, question: WhatIfQuestion) -> WhatIfAnswer:
    """Answer a question: kept, or simulated now.

    Raises Invalid and Refused as plan_what_if does, Refused("simulation_busy").
    """
    async with runtime.read_session() as session:
        runs = process_cache(session).get(WhatIfRuns)
        if (answer := runs.kept(office, question, runtime.now())) is not None:
            return answer
        planned = await plan_what_if(session, office, runtime.now(), question)
    return await runs.run(office, question, planned, runtime.now())


async def _simulate(planned: PlannedWhatIf) -> WhatIfResult:
    """Run the child process. It is killed when it takes too long, or when the reader is gone."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        CHILD_PROGRAM,
        str(PACKAGE_PARENT),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={},  # no secret of this process
    )
    try:
        task = pickle.dumps(planned.task)
        output, problems = await asyncio.wait_for(process.communicate(task), KILLED_AFTER_S)
    except TimeoutError:
        raise Refused("simulation_busy") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode != 0:
        logger.error("simulation_failed", extra={"code": process.returncode, "cause": problems.decode()[-300:]})
        raise Refused("simulation_failed")
    result: WhatIfResult = pickle.loads(output)  # noqa: S301  written by our child process
    return result
