"""Command line: `office360 demo | serve | testroom | worker | migrate | check | …`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .commands.parser import build_parser


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command. A refusal is printed as one line, with exit code 1.

    Problems of the settings have a line each.
    """
    arguments = build_parser().parse_args(argv)
    # after the parser, because they take a second
    from .commands.command_line import INTERRUPTED, exit_with_problem, read_environment_file

    try:
        read_environment_file(arguments)
        arguments.run(arguments)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        exit_with_problem(error)


if __name__ == "__main__":
    main()
