"""Understanding of the assistant: `python -m office360.benchmarks.chatbot [-v]`.

The test set has three parts: written before the grammar, by its author, and after it by a person who had not read
it. Each utterance is understood, rightly asked back, missed (a part was ignored) or wrong (misread). `-v` lists
all that are not simply understood.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence

from office360.tests.chatbot.support.scoring import (
    ScoredUtterance,
    UnderstandingVerdict,
    score_utterances,
    understood_share,
)
from office360.tests.chatbot.support.utterances import (
    LANGUAGES,
    utterances_after_grammar,
    utterances_before_grammar,
    utterances_during_grammar,
)

SUBJECTS = {
    "services": ("services",),
    "dates": ("dates",),
    "times": ("times",),
    "several at once": ("whole", "modes_and_offices"),
    "intents": ("questions", "my_appointment", "changes_of_mind", "yes_and_no", "intents"),
    "details": ("details",),
    "manners, noise": ("manners", "noise"),
}
PARTS = {
    "written before the grammar": utterances_before_grammar,
    "written with it": utterances_during_grammar,
    "written after it": utterances_after_grammar,
}
ROW = "{:<18}{:>7}{:>13}{:>13}{:>9}{:>8}{:>9}"


def main() -> None:
    """Print one table for each language and part."""
    for language in LANGUAGES:
        for part, asked in PARTS.items():
            begun = time.perf_counter()
            found = score_utterances(language, asked(language))
            spent_ms = (time.perf_counter() - begun) / len(found) * 1_000
            print(f"\n{language}, {part}: {spent_ms:.1f} ms each")
            _print_table(found)
            if "-v" in sys.argv:
                _print_utterances(found)


def _print_table(found: Sequence[ScoredUtterance]) -> None:
    print(ROW.format("", "number", *UnderstandingVerdict, "share"))
    for subject, kinds in SUBJECTS.items():
        of_subject = [one for one in found if one.utterance.kind in kinds]
        if of_subject:
            _print_row(subject, of_subject)
    _print_row("all", found)


def _print_row(subject: str, found: Sequence[ScoredUtterance]) -> None:
    counted = Counter(one.verdict for one in found)
    print(
        ROW.format(
            subject,
            len(found),
            *(counted[verdict] for verdict in UnderstandingVerdict),
            f"{understood_share(found):.1%}",
        )
    )


def _print_utterances(found: Sequence[ScoredUtterance]) -> None:
    for one in found:
        if one.verdict is not UnderstandingVerdict.UNDERSTOOD:
            print(f"  {one.verdict}: {one.utterance.text!r} {dict(one.utterance.expects)} -> {dict(one.got)}")


if __name__ == "__main__":
    main()
