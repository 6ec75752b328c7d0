"""Understanding of the assistant: `python -m office360.benchmarks.chatbot [-v] [--talk]`.

Each message is understood, rightly asked back, missed (a part was ignored, or "I did not understand that") or
wrong (done without being said). The development set was used to write grammar and classifier, and says nothing
about new sentences; the sets named "unseen" were written by people who knew neither, and were run once before any
change.
`-v` lists what was missed or wrong; `--talk` prints each conversation.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Sequence
from statistics import median

from office360.tests.chatbot.support.citizens import CitizenOutcome, load_citizens, talk_to_assistant
from office360.tests.chatbot.support.judge import JudgedUtterance, Verdict, judge_utterances
from office360.tests.chatbot.support.utterances import LANGUAGES, SETS, load_utterances

ROW = "{:<14}{:>8}" + "{:>13}" * len(Verdict)


async def main() -> None:
    """Print a table of messages for each language and set, and a table of conversations."""
    for name in SETS:
        for language in LANGUAGES:
            begun = time.perf_counter()
            found = await judge_utterances(language, load_utterances(language, name))
            spent_ms = (time.perf_counter() - begun) / max(1, len(found)) * 1_000
            print(f"\n{language}, {name}: {spent_ms:.1f} ms a message")
            _print_table(found)
        outcomes = [
            await talk_to_assistant(language, citizen)
            for language in LANGUAGES
            for citizen in load_citizens(language, name)
        ]
        if outcomes:
            _print_outcomes(name, outcomes)


def _print_table(found: Sequence[JudgedUtterance]) -> None:
    print(ROW.format("", "number", *Verdict))
    for kind in dict.fromkeys(each.utterance.kind for each in found):
        _print_row(kind, [each for each in found if each.utterance.kind == kind])
    _print_row("all", found)
    if "-v" in sys.argv:
        for each in found:
            if each.verdict in (Verdict.MISSED, Verdict.WRONG):
                print(f"  {each.verdict}: {each.utterance.text!r} ({each.why})\n      {each.reply}")


def _print_row(kind: str, found: Sequence[JudgedUtterance]) -> None:
    counts = Counter(each.verdict for each in found)
    print(
        ROW.format(
            kind, len(found), *(f"{counts[verdict]} ({counts[verdict] / len(found):.0%})" for verdict in Verdict)
        )
    )


def _print_outcomes(name: str, outcomes: Sequence[CitizenOutcome]) -> None:
    reached = [outcome for outcome in outcomes if outcome.is_reached]
    print(
        f"\nConversations, {name}: {len(reached)} of {len(outcomes)} reached their goal,"
        f" {sum(outcome.wrong_bookings for outcome in outcomes)} wrong bookings,"
        f" {sum(len(outcome.lost_needs) for outcome in outcomes)} needs lost,"
        f" median {median(outcome.typed + outcome.pressed for outcome in outcomes)} messages"
    )
    plain = [outcome.typed + outcome.pressed for outcome in reached if outcome.citizen.is_plain]
    if plain:
        print(f"  plain bookings: {len(plain)}, median {median(plain)} messages, {min(plain)} to {max(plain)}")
    for outcome in outcomes:
        if not outcome.is_reached or "--talk" in sys.argv:
            print(f"  {outcome.citizen.name}: {', '.join(outcome.problems) or 'reached'}")
        if "--talk" in sys.argv:
            print("\n".join(f"      {line}" for line in outcome.lines))


if __name__ == "__main__":
    asyncio.run(main())
