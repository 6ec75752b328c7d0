"""Send rate of a worker, and losses by kills: `python -m office360.benchmarks.notices`.

--messages N     e-mails, and as many SMS, of the throughput run (2000)
--kills N        kills of a worker while it sends (20); 0 skips them
--postgres URL   an empty database, instead of SQLite in a temporary folder
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from . import kills, reference, throughput


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="notices", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=2_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--postgres", default=None)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lower_bounds = reference.measure(Path(folder), arguments.messages)
        rates = throughput.measure(Path(folder), arguments.messages, arguments.postgres)
        print(*throughput.table_lines(rates, lower_bounds), sep="\n", flush=True)
        if arguments.kills:
            killed = kills.measure(Path(folder), arguments.kills, arguments.postgres)
            print(*kills.table_lines(killed), sep="\n", flush=True)


if __name__ == "__main__":
    main()
