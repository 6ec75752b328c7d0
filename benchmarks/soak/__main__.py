"""A city's day with faults: `python -m office360.benchmarks.soak`, or `make soak`.

--minutes N   length of the load, at most 20
--seed N      decides people, faults and victims
--load X      people, as a multiple of about one new person a second
--keep PATH   where to keep the logs of all processes
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .plan import MAX_MINUTES, SoakPlan
from .run import soak


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 < minutes <= MAX_MINUTES:
        raise argparse.ArgumentTypeError(f"a soak takes up to {MAX_MINUTES:.0f} minutes")
    return minutes


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=_minutes, default=6.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--load", type=float, default=1.0)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args(argv)
    plan = SoakPlan(options.seed, options.minutes * 60, options.load)
    with tempfile.TemporaryDirectory() as folder:
        try:
            result = asyncio.run(soak(plan, Path(folder), tell=lambda line: print(line, flush=True)))
        except KeyboardInterrupt:
            sys.exit(130)
        finally:
            if options.keep is not None:
                options.keep.mkdir(parents=True, exist_ok=True)
                for log in Path(folder).glob("*.log"):
                    shutil.copy(log, options.keep)
    print("\n".join(result.lines()))
    sys.exit(not result.is_balanced)


if __name__ == "__main__":
    main()
