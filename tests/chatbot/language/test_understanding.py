"""Utterances of citizens are understood or rightly asked about, never misunderstood."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest
from office360.chatbot.domain.catalogue import CatalogueService, OfficeCatalogue
from office360.chatbot.language.lexicon import Intent
from office360.chatbot.language.understanding import Understanding, understand_message, wanted_intent

from ..support.demo_catalogue import demo_catalogue
from ..support.judge import JudgedUtterance, Verdict, judge_utterances
from ..support.utterances import LANGUAGES, SETS, adapt_utterance, load_utterances, utterances_moment

MAX_WRONG_SHARE, MIN_GOOD_SHARE = 0.04, 0.87  # of a set of sentences; good: understood or rightly asked about

in_each_language = pytest.mark.parametrize("language", LANGUAGES)


def _understand(text: str, language: str, asked: str | None = None) -> Understanding:
    return understand_message(text, language, demo_catalogue(), utterances_moment(language).date(), asked)


def _explain(verdict: Verdict, found: list[JudgedUtterance]) -> list[str]:
    return [f"{each.utterance.text!r}: {each.why}" for each in found if each.verdict is verdict]


@in_each_language
@pytest.mark.parametrize("name", SETS)
async def test_sentences_are_understood_or_asked_about(language: str, name: str) -> None:
    found = await judge_utterances(language, load_utterances(language, name))
    wrong, missed = _explain(Verdict.WRONG, found), _explain(Verdict.MISSED, found)
    assert len(wrong) <= MAX_WRONG_SHARE * len(found), wrong
    assert len(found) - len(wrong) - len(missed) >= MIN_GOOD_SHARE * len(found), missed


@in_each_language
async def test_judge_takes_an_admitted_miss_for_a_miss(language: str) -> None:
    wishes: tuple[dict[str, object], ...] = (
        {"intent": "book", "service": "certificate"},
        {"intent": "book", "ask_back": True},
        {"intent": "hours"},
    )
    expected = [adapt_utterance("noise", text="blorp fnarg", expects=wish) for wish in wishes]
    found = await judge_utterances(language, expected)
    assert [each.verdict for each in found] == [Verdict.MISSED] * len(wishes)


@pytest.mark.parametrize(
    ("text", "expected", "language"),
    [
        ("I need an appointment", "es", "en"),
        ("quiero una cita", "en", "es"),
        ("ok", "es", "es"),
        ("10:30", "en", "en"),
    ],
)
def test_language_is_detected_from_message(text: str, expected: str, language: str) -> None:
    assert _understand(text, expected).language == language


def test_unknown_service_is_not_matched_to_another_service() -> None:
    for text in ("certificado de empadronamiento", "tarjeta de residencia", "renovar el DNI", "licencia de obras"):
        understood = _understand(text, "es")
        assert understood.services.sure == (), text


def test_command_is_not_a_name() -> None:
    understood = _understand("volver", "es", "name")
    assert understood.name is None
    assert wanted_intent(understood, "name") is Intent.BACK


def test_month_in_name_answer_is_a_name() -> None:
    understood = _understand("My name is April May", "en", "name")
    assert (understood.name, understood.days) == ("April May", None)


# Rules that the third set of utterances led to, in other words: a rule must not fit single sentences only.
OTHER_WORDS: list[tuple[str, str, str | None, dict[str, object]]] = [
    ("es", "mi licencia de caza vence el viernes", None, {"service": "hunting-fishing", "intent": "book"}),
    ("es", "quejarme de cómo me trataron el martes", None, {"service": "complaints", "intent": "book"}),
    ("es", "el último día de diciembre", "date", {"date": "2026-12-31"}),
    ("es", "el primer día del mes que viene", "date", {"date": "2026-12-01"}),
    ("es", "este jueves imposible, el siguiente", "date", {"date": "2026-12-03"}),
    ("es", "nochevieja", "date", {"date": "2026-12-31"}),
    ("es", "el lunes no el martes", "date", {"ask_back": True}),
    ("es", "a las doce y veinte", "time", {"time": "12:20"}),
    ("es", "las cinco cuarenta", "time", {"time": "17:40"}),
    ("es", "salgo del curro a las cuatro", "time", {"after": "16:00"}),
    ("es", "estoy ocupada hasta las once", "time", {"after": "11:00"}),
    ("es", "mejor a las 12 que a las 9", "time", {"time": "12:00"}),
    ("es", "sí, pero en Alcalá no", "confirm", {"intent": "back"}),
    ("es", "los lunes", "name", {"intent": "back", "date": "2026-11-30"}),
    ("es", "cancela la del martes y ponme otra el viernes", None, {"intent": "change", "date": "2026-11-27"}),
    ("es", "mañana no puedo hasta las once", "date", {"date": "2026-11-26", "after": "11:00"}),
    ("es", "a las nueve no, a las diez", "time", {"time": "10:00"}),
    ("es", "la semana del 14", "date", {"from": "2026-12-14", "to": "2026-12-20"}),
    ("es", "la semana del 23", "date", {"from": "2026-11-25", "to": "2026-11-29"}),
    ("es", "el viernes como muy tarde", "date", {"from": "2026-11-25", "to": "2026-11-27"}),
    ("es", "mi madre tiene cita el jueves y no puede ir", None, {"intent": "change", "ask_back": True}),
    ("es", "adelántamela", None, {"intent": "change"}),
    ("es", "una queja y el bonobús", None, {"intent": "book", "service": "complaints", "ask_back": True}),
    ("en", "my hunting licence expires on Friday", None, {"service": "hunting-fishing", "intent": "book"}),
    ("en", "first day of next month", "date", {"date": "2026-12-01"}),
    ("en", "Thursday is no good, the one after", "date", {"date": "2026-12-03"}),
    ("en", "New Year's Eve", "date", {"date": "2026-12-31"}),
    ("en", "not before ten", "time", {"after": "10:00"}),
    ("en", "fifteen forty", "time", {"time": "15:40"}),
    ("en", "I'm busy until eleven", "time", {"after": "11:00"}),
    ("en", "I get off at four", "time", {"after": "16:00"}),
    ("en", "yes but not that office", "confirm", {"intent": "back"}),
    (
        "en",
        "cancel my Tuesday slot and book another on Friday",
        None,
        {"intent": "change", "date": "2026-11-27"},
    ),
    ("en", "I can't before eleven tomorrow", "date", {"date": "2026-11-26", "after": "11:00"}),
    ("en", "the week of the 14th", "date", {"from": "2026-12-14", "to": "2026-12-20"}),
    ("en", "the week of the 23rd", "date", {"from": "2026-11-25", "to": "2026-11-29"}),
    ("en", "Friday at the latest", "date", {"from": "2026-11-25", "to": "2026-11-27"}),
    ("en", "I have an appointment on Thursday and can't make it", None, {"intent": "change", "ask_back": True}),
    ("es", "cambia la cita que tengo el jueves para el viernes", None, {"intent": "change", "date": "2026-11-27"}),
    ("es", "llego tarde a mi cita de hoy", None, {"intent": "human", "date": "2026-11-25"}),
    ("es", "el lunes por la mañana o el martes por la tarde", "date", {"from": "2026-11-30", "to": "2026-12-01"}),
    ("en", "move the appointment I have on Thursday to Friday", None, {"intent": "change", "date": "2026-11-27"}),
    ("en", "I'm running late", None, {"intent": "human"}),
    ("en", "Monday morning or Tuesday afternoon", "date", {"from": "2026-11-30", "to": "2026-12-01"}),
    ("en", "bring it forward", None, {"intent": "change"}),
    ("en", "a complaint and my bus pass", None, {"intent": "book", "service": "complaints", "ask_back": True}),
]


@pytest.mark.parametrize(
    ("language", "text", "slot", "expects"), OTHER_WORDS, ids=[text for _, text, _, _ in OTHER_WORDS]
)
async def test_grammar_rules_hold_for_other_words(
    language: str, text: str, slot: str | None, expects: dict[str, object]
) -> None:
    (found,) = await judge_utterances(language, [adapt_utterance("again", text=text, slot=slot, expects=expects)])
    assert found.verdict in (Verdict.UNDERSTOOD, Verdict.ASKED), (found.why, found.reply)


@pytest.mark.parametrize(
    ("language", "text", "refused"),
    [
        ("es", "cualquier hora menos a las nueve", 9),
        ("es", "por la tarde imposible", 16),
        ("en", "any time except at nine", 9),
        ("en", "afternoons are impossible", 16),
    ],
)
def test_refused_hour_is_excluded(language: str, text: str, refused: int) -> None:
    hours = _understand(text, language, "time").hours
    assert hours is not None
    assert (hours.at, hours.part) == ((), None)
    assert [hours.allows(time(at), language) for at in (refused, 11)] == [False, True]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "¿y si llego tarde?"),
        ("es", "si no puedo ir, ¿qué pasa?"),
        ("es", "si me retraso me esperáis"),
        ("es", "vale, ¿y dónde aparco?"),
        ("es", "ni idea"),
        ("en", "how do I park there?"),
        ("en", "ok, and where do I park?"),
        ("en", "which one do you recommend?"),
        ("en", "no idea"),
    ],
)
def test_question_is_not_agreement_and_names_no_service(language: str, text: str) -> None:
    understood = _understand(text, language, "confirm")
    assert wanted_intent(understood, "confirm") is not Intent.YES
    assert understood.services.sure == ()


def test_accented_yes_agrees_before_other_words() -> None:
    understood = _understand("sí me la quedo", "es", "confirm")
    assert wanted_intent(understood, "confirm") is Intent.YES


@pytest.mark.parametrize(
    ("language", "text"), [("es", "ya te lo he dicho"), ("en", "I already told you"), ("es", "no tengo ni idea")]
)
def test_sentence_is_not_a_name(language: str, text: str) -> None:
    assert _understand(text, language, "name").name is None


def _catalogue(*names: tuple[str, str]) -> OfficeCatalogue:
    """Build a catalogue of other services, without synonyms."""
    services = tuple(
        CatalogueService(f"service-{index}", {"es": es, "en": en}, ("in_person",), True, 10, "line")
        for index, (es, en) in enumerate(names)
    )
    return OfficeCatalogue((replace(demo_catalogue().offices[0], services=services),))


def test_service_names_of_other_catalogue_are_matched() -> None:
    catalogue = _catalogue(
        ("Empadronamiento", "Registration of residents"),
        ("Licencia de obras", "Building permit"),
        ("Reconocimiento del grado de discapacidad", "Recognition of disability"),
        ("Título de familia numerosa", "Large family card"),
    )
    for text, language, slug in (
        ("quiero empadronarme", "es", "service-0"),
        ("lisencia de obra", "es", "service-1"),
        ("reconocimiento de discapazidad", "es", "service-2"),
        ("renovar el titulo de familia numerosa", "es", "service-3"),
        ("a bilding permit", "en", "service-1"),
        ("disability recognition", "en", "service-2"),
    ):
        understood = understand_message(text, language, catalogue, utterances_moment("es").date())
        assert slug in (*understood.services.sure, *understood.services.likely), text
        assert understood.services.sure in ((slug,), ()), text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "could I simply pop in this morning without booking anything"),
        ("en", "can I walk in today?"),
        ("es", "sin cita previa atienden hoy?"),
        ("es", "puedo ir hoy sin cita?"),
    ],
)
def test_visit_without_booking_wishes_no_day(language: str, text: str) -> None:
    understood = _understand(text, language)
    assert not understood.facts & {"date", "time", "mode"}
