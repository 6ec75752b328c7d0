"""The answer to danger: two sentences and telephone numbers. Pure.

It repeats nothing that the citizen wrote.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...core.contact.emergency_numbers import EmergencyNumbers
from ...core.i18n.catalogues import GettextFunction
from ..language.danger import Danger
from ..language.danger_lexicon import DangerKind
from . import texts


@dataclass(frozen=True, slots=True)
class DialLink:
    """A link that dials a number."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class DangerNotice:
    """The answer, which is never stored, in the language of the message.

    `leave`: the label of the button that leaves the page. `resume`: introduces the question that is asked again.
    """

    text: str
    language: str
    links: tuple[DialLink, ...]
    leave: str
    resume: str


def build_danger_notice(danger: Danger, numbers: EmergencyNumbers, translate: GettextFunction) -> DangerNotice:
    """Tell what to do first, and link every number that fits any of the kinds."""
    labels = {number: translate(label) % {"number": number} for number, label in _fitting_numbers(danger, numbers)}
    links = tuple(DialLink(label, f"tel:{number}") for number, label in labels.items())
    values = {"general": numbers.general, "violence": numbers.violence, "suicide": numbers.suicide}
    return DangerNotice(
        translate(_sentences(danger.kinds[0], numbers)) % values,
        danger.language,
        links,
        translate(texts.LEAVE_PAGE),
        translate(texts.NOT_KEPT),
    )


def _fitting_numbers(danger: Danger, numbers: EmergencyNumbers) -> list[tuple[str, str]]:
    """List numbers and labels, beginning with the number to call first."""
    fitting = [(numbers.general, texts.CALL_EMERGENCY)]
    if DangerKind.VIOLENCE in danger.kinds and numbers.violence:
        fitting.append((numbers.violence, texts.CALL_VIOLENCE))
    if DangerKind.SELF_HARM in danger.kinds and numbers.suicide:
        # people who think of suicide and are not hurt reach the line that listens first
        place = 0 if danger.kinds == (DangerKind.SELF_HARM,) else len(fitting)
        fitting.insert(place, (numbers.suicide, texts.CALL_SUICIDE))
    return fitting


def _sentences(kind: DangerKind, numbers: EmergencyNumbers) -> str:
    if kind is DangerKind.VIOLENCE:
        return texts.DANGER_VIOLENCE if numbers.violence else texts.DANGER_VIOLENCE_ONE_NUMBER
    if kind is DangerKind.SELF_HARM:
        return texts.DANGER_SELF_HARM if numbers.suicide else texts.DANGER_SELF_HARM_ONE_NUMBER
    if kind is DangerKind.ILLNESS:
        return texts.DANGER_ILLNESS
    return texts.DANGER_FIRE if kind is DangerKind.FIRE else texts.DANGER_UNKNOWN
