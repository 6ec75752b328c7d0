"""How much the assistant understands: `python -m office360.benchmarks.chatbot [-v]`.

The three parts of the test set: what somebody wrote before the grammar, what its author wrote, and what somebody
wrote after it without having read it. Each utterance is understood, rightly asked back, missed (less was done than
was said) or wrong (something else was). `-v` names every one that is not simply understood.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence

from office360.tests.chatbot.support.scoring import Judged, Verdict, judged, share
from office360.tests.chatbot.support.utterances import LANGUAGES, later, more, utterances

SUBJECTS = {
    "services": ("services",),
    "dates": ("dates",),
    "times": ("times",),
    "several at once": ("whole", "modes_and_offices"),
    "intents": ("questions", "my_appointment", "changes_of_mind", "yes_and_no", "intents"),
    "details": ("details",),
    "manners, noise": ("manners", "noise"),
}
PARTS = {"written before the grammar": utterances, "written with it": more, "written after it": later}
ROW = "{:<18}{:>7}{:>13}{:>13}{:>9}{:>8}{:>9}"


def main() -> None:
    """One table for each language and part."""
    for language in LANGUAGES:
        for part, asked in PARTS.items():
            begun = time.perf_counter()
            found = judged(language, asked(language))
            spent_ms = (time.perf_counter() - begun) / len(found) * 1_000
            print(f"\n{language}, {part}: {spent_ms:.1f} ms each")
            _print(found)
            if "-v" in sys.argv:
                _print_each(found)


def _print(found: Sequence[Judged]) -> None:
    print(ROW.format("", "number", *Verdict, "share"))
    for subject, kinds in SUBJECTS.items():
        of_subject = [one for one in found if one.utterance.kind in kinds]
        if of_subject:
            _print_row(subject, of_subject)
    _print_row("all", found)


def _print_row(subject: str, found: Sequence[Judged]) -> None:
    counted = Counter(one.verdict for one in found)
    print(ROW.format(subject, len(found), *(counted[verdict] for verdict in Verdict), f"{share(found):.1%}"))


def _print_each(found: Sequence[Judged]) -> None:
    for one in found:
        if one.verdict is not Verdict.UNDERSTOOD:
            print(f"  {one.verdict}: {one.utterance.text!r} {dict(one.utterance.expects)} -> {dict(one.got)}")


if __name__ == "__main__":
    main()
