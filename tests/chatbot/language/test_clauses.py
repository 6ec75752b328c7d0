"""Wishes and statements give facts of a booking; questions and stories do not."""

from __future__ import annotations

import pytest
from office360.chatbot.language.lexicon import Intent
from office360.chatbot.language.understanding import Understanding, understand_message, wanted_intent

from ..support.demo_catalogue import demo_catalogue
from ..support.utterances import utterances_moment


def _understand(text: str, language: str, asked: str | None = None) -> Understanding:
    return understand_message(text, language, demo_catalogue(), utterances_moment(language).date(), asked)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "¿se puede validar el certificado por vídeo?"),
        ("es", "cuánto cuesta la licencia de pesca"),
        ("es", "¿necesito cita para registrar documentos?"),
        ("es", "quiero saber si la tarjeta sanitaria virtual caduca"),
        ("es", "me dices qué piden para la licencia de caza"),
        ("es", "mi madre es mayor, ¿puede hacer otro la queja por ella?"),
        ("es", "en qué oficina hacen la licencia de pesca"),
        ("en", "do I need an appointment for the digital certificate?"),
        ("en", "is the fishing licence valid everywhere"),
        ("en", "what do you charge for the health card"),
        ("en", "could you tell me if complaints can be made by video"),
        ("en", "I'd like to know how long the certificate is valid"),
    ],
)
def test_question_about_service_is_no_booking(language: str, text: str) -> None:
    understood = _understand(text, language)
    assert understood.is_question
    assert wanted_intent(understood) is not Intent.BOOK


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "¿puedo pedir cita para el certificado digital?"),
        ("es", "¿me dais hora para la licencia de caza?"),
        ("es", "¿hay cita el jueves para una queja?"),
        ("es", "¿cómo pido cita para la tarjeta sanitaria virtual?"),
        ("es", "¿podría ser el martes por la mañana?"),
        ("es", "¿podéis atenderme el viernes?"),
        ("es", "¿me podéis renovar la licencia de pesca?"),
        ("en", "can I get an appointment for the digital certificate?"),
        ("en", "could you book me in for a complaint on Friday?"),
        ("en", "is there anything on Thursday for the fishing licence?"),
        ("en", "how do I book an appointment for the health card?"),
        ("en", "can I come on Tuesday?"),
        ("en", "I was wondering if I could book something for the certificate"),
        ("en", "can I renew my hunting licence there?"),
    ],
)
def test_wish_in_form_of_question_is_a_wish(language: str, text: str) -> None:
    assert not _understand(text, language).is_question


@pytest.mark.parametrize(
    ("language", "text", "service"),
    [
        ("es", "quiero cita para el certificado digital, ¿cuánto cuesta?", "certificate"),
        ("en", "I want an appointment for the digital certificate. What does it cost?", "certificate"),
    ],
)
def test_question_beside_wish_keeps_the_wish(language: str, text: str, service: str) -> None:
    understood = _understand(text, language)
    assert (understood.is_question, understood.has_side_question) == (False, True)
    assert understood.services.sure == (service,)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "quiero poner una queja porque el lunes me atendieron mal"),
        ("es", "necesito la licencia de caza, mi hijo viaja el martes"),
        ("es", "quiero validar el certificado digital, me caduca en enero"),
        ("es", "llevo dos horas esperando y quiero poner una queja"),
        ("es", "quiero poner una queja por cómo me trataron en ventanilla"),
        ("en", "I want to complain because they treated me badly on Monday"),
        ("en", "my hunting licence please, I lost it on Tuesday"),
        ("en", "I have waited two hours, I want to make a complaint"),
        ("en", "I was told at the office on Friday to register my documents"),
    ],
)
def test_story_names_no_day_hour_or_mode(language: str, text: str) -> None:
    understood = _understand(text, language)
    assert (understood.days, understood.hours, understood.mode) == (None, None, None)
    assert understood.services.sure or understood.services.likely


@pytest.mark.parametrize(
    ("language", "text", "wanted", "refused"),
    [
        (
            "es",
            "no es para el certificado digital, es para la tarjeta sanitaria virtual",
            "health-card",
            "certificate",
        ),
        ("es", "no quiero la licencia de caza, quiero poner una queja", "complaints", "hunting-fishing"),
        ("en", "not the digital certificate, I want a fishing licence", "hunting-fishing", "certificate"),
        ("en", "I don't want the health card, I need to make a complaint", "complaints", "health-card"),
    ],
)
def test_denied_service_is_refused(language: str, text: str, wanted: str, refused: str) -> None:
    understood = _understand(text, language)
    assert understood.services.sure == (wanted,)
    assert understood.refused_services == (refused,)


@pytest.mark.parametrize(
    ("language", "text"),
    [("es", "no quiero la tarjeta sanitaria virtual"), ("en", "I don't want the health card")],
)
def test_denied_service_alone_is_not_booked(language: str, text: str) -> None:
    understood = _understand(text, language, "service")
    assert (understood.services.sure, understood.services.likely) == ((), ())


@pytest.mark.parametrize(
    ("language", "text", "service"),
    [
        ("es", "documentos... no, perdón, el certificado digital", "certificate"),
        ("en", "documents... no sorry, the digital certificate", "certificate"),
    ],
)
def test_retracted_service_is_replaced(language: str, text: str, service: str) -> None:
    assert _understand(text, language, "service").services.sure == (service,)


def test_retraction_keeps_what_it_does_not_replace() -> None:
    understood = _understand("queja por vídeo el martes, digo el jueves", "es")
    assert understood.services.sure == ("complaints",)
    assert understood.mode == "video"
    assert understood.days is not None
    assert [day.isoformat() for day in understood.days.days] == ["2026-11-26"]
