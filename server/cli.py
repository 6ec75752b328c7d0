"""Command line: `office360 demo | serve | testroom | worker | migrate | check | …`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from .commands.parser import build_parser

OUTPUT_CLOSED = 141  # exit code of a program that SIGPIPE ended, as a shell gives it


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command. A refusal is printed as one line, with exit code 1.

    Problems of the settings have a line each. A reader that stops early, such as `head`, ends it quietly.
    """
    try:
        try:
            _run_command(argv)
        finally:
            if sys.stdout is not None:  # None if the descriptor is not open
                sys.stdout.flush()  # here, because the interpreter's own flush prints a traceback
    except BrokenPipeError:
        _discard_output()
        sys.exit(OUTPUT_CLOSED)


def _run_command(argv: Sequence[str] | None) -> None:
    arguments = build_parser().parse_args(argv)
    # after the parser, because they take a second
    from .commands.command_line import INTERRUPTED, exit_with_problem, read_environment_file

    try:
        read_environment_file(arguments)
        arguments.run(arguments)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # of the output; a lost database has become DatabaseAway
        raise
    except Exception as error:
        exit_with_problem(error)


def _discard_output() -> None:
    """Redirect the closed standard output, so that its buffer can be flushed at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
