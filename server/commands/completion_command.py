"""`office360 completion`: a script that completes commands and options in a shell."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import shtab

from .parser import build_parser

FILE_METAVAR = "FILE"


def print_completion(arguments: argparse.Namespace) -> None:
    parser = build_parser()
    for action in _all_actions(parser):
        if action.metavar == FILE_METAVAR:
            action.complete = shtab.FILE  # type: ignore[attr-defined]  # read by shtab
    print(shtab.complete(parser, arguments.shell))


def _all_actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _all_actions(command)
