"""Corrections, denied acts, wishes, questions and modes in many wordings."""

from __future__ import annotations

import pytest
from office360.chatbot.language.lexicon import Intent
from office360.chatbot.language.understanding import Understanding, understand_message, wanted_intent

from ..support.demo_catalogue import demo_catalogue
from ..support.utterances import utterances_moment


def _understand(text: str, language: str, asked: str | None = None) -> Understanding:
    return understand_message(text, language, demo_catalogue(), utterances_moment(language).date(), asked)


@pytest.mark.parametrize(
    ("language", "text", "detail"),
    [
        ("es", "el correo está mal, le falta una ene: hernan.vidal@example.org", "email"),
        ("es", "el teléfono lleva un uno de más, es el 655201437", "phone"),
        ("es", "me habéis escrito mal. Íñigo Etxarri Sáez.", "name"),
        ("es", "el nombre está mal escrito, Begoña Vidal", "name"),
        ("en", "my email has the i and e swapped, it's ingrid.solheim@example.org", "email"),
        ("en", "one digit of my phone is wrong, it's 655201437", "phone"),
        ("en", "You've spelt me wrong. Siobhan Keane.", "name"),
        ("en", "my surname is misspelt. Aoife Byrne", "name"),
    ],
)
def test_corrected_detail_is_the_only_fact(language: str, text: str, detail: str) -> None:
    assert _understand(text, language, "confirm").facts == {detail}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "cambiarla, no quitarla"),
        ("es", "anularla no, moverla"),
        ("es", "no quiero anularla sino moverla"),
        ("es", "no la canceléis, solo cambiadla de día"),
        ("en", "don't cancel it!! only move it"),
        ("en", "move it, not cancel it"),
        ("en", "I don't want to cancel my appointment, just move it"),
        ("en", "not cancelling, just moving it"),
    ],
)
def test_denied_cancellation_is_a_change(language: str, text: str) -> None:
    assert wanted_intent(_understand(text, language), None) is Intent.CHANGE


@pytest.mark.parametrize(
    ("language", "text", "service"),
    [
        ("es", "hay alguien que me pueda ayudar con la tarjeta sanitaria?", "health-card"),
        ("es", "mi tarjeta sanitaria virtual, alguien me la podría poner?", "health-card"),
        ("es", "donde renuevo con vosotros el certificado digital?", "certificate"),
        ("en", "can I see someone about a complaint on thursday", "complaints"),
        ("en", "is there anyone who could help me with my health card?", "health-card"),
        ("en", "my digital certificate has expired. can you sort it", "certificate"),
    ],
)
def test_wish_in_form_of_question_books(language: str, text: str, service: str) -> None:
    understood = _understand(text, language)
    assert service in understood.services.sure + understood.services.likely
    assert wanted_intent(understood, None) is Intent.BOOK


@pytest.mark.parametrize(
    ("language", "asked", "text", "intent"),
    [
        ("es", "email", "quién va a ver mi dirección de correo?", Intent.WHY),
        ("en", "email", "Who gets to see my email address?", Intent.WHY),
        ("en", "email", "who can see my address", Intent.WHY),
        ("es", "office", "metro mas cercano al centro", Intent.TRANSPORT),
        ("es", "office", "parada de autobús más próxima", Intent.TRANSPORT),
        ("es", None, "qué pasa si llego diez minutos tarde?", Intent.OTHER_QUESTION),
        ("en", "next", "What happens if I'm ten minutes late?", Intent.OTHER_QUESTION),
        ("en", "mode", "do i have to turn up or can it be done on the computer", Intent.MODES),
        ("en", None, "morning!", Intent.GREETING),
        ("en", None, "Morning all", Intent.GREETING),
        ("en", "next", "brilliant, cheers for that", Intent.THANKS),
        ("en", "next", "yes please, thanks", Intent.YES),
        ("es", "next", "nada más, adiós", Intent.BYE),
        ("en", "office", "idc", Intent.ANY),
        ("en", "office", "couldn't care less", Intent.ANY),
        ("es", "office", "me la suda", Intent.ANY),
        ("en", None, "forget that appointment", Intent.CANCEL),
        ("en", None, "drop what I booked", Intent.CANCEL),
        ("es", None, "olvida esa cita", Intent.CANCEL),
        ("es", None, "tengo cita el martes pero me corre prisa, ¿hay algo antes?", Intent.EARLIER),
        ("es", None, "he perdido el papelito con las letras", Intent.LOST_LINK),
        ("en", None, "no video link in my inbox", Intent.LOST_LINK),
        ("en", None, "no confirmation has arrived", Intent.LOST_LINK),
        ("es", None, "queja formal contra un funcionario", Intent.BOOK),
        ("en", "mode", "phone, I said", Intent.BY_PHONE),
        ("es", "phone", "600 11 22 33 pero llamar solo por la tarde", None),
        ("es", None, "si me presento ahora sin cita me atienden?", Intent.FASTEST),
    ],
)
def test_question_or_politeness_is_found(
    language: str, asked: str | None, text: str, intent: Intent | None
) -> None:
    assert wanted_intent(_understand(text, language, asked), asked) is intent


@pytest.mark.parametrize(
    ("language", "asked", "text", "mode"),
    [
        ("es", "mode", "allí mismo", "in_person"),
        ("es", "mode", "en la propia oficina", "in_person"),
        ("en", "mode", "I'll come there", "in_person"),
        ("es", "mode", "allí en la oficina que no veo bien la pantalla", "in_person"),
        ("es", "mode", "oficina. teléfono yo no puedo", "in_person"),
        ("es", "mode", "NO NO NO. eso no. en persona", "in_person"),
        ("en", "mode", "the office because my laptop is slow", "in_person"),
        ("es", "mode", "oficina no, por vídeo", "video"),
        ("es", "date", "he puesto por vídeo y no tengo cámara, tiene que ser allí", "in_person"),
        ("es", "mode", "por internet", "video"),
        ("es", None, "certificado digital online por favor", "video"),
        ("es", None, "el certificado ese para firmar por internet", None),
        ("en", None, "a digital certificate, I need to file my taxes online", None),
        ("en", None, "the digital certificate for things online", None),
    ],
)
def test_mode_is_how_the_citizen_is_seen(language: str, asked: str | None, text: str, mode: str | None) -> None:
    assert _understand(text, language, asked).mode == mode


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("es", "el lunes tengo médico así que mejor el martes", 1),
        ("es", "el jueves trabajo por eso mejor el martes", 1),
        ("en", "Monday I have the dentist so Tuesday would be better", 1),
        ("en", "I work on Monday so make it Tuesday", 1),
    ],
)
def test_day_of_the_reason_is_not_wanted(language: str, text: str, day: int) -> None:
    days = _understand(text, language, "date").days
    assert days is not None
    assert [found.day for found in days.days] == [day]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "quiero quejarme por lo del mes pasado"),
        ("es", "una queja por el recibo del año pasado"),
        ("es", "quiero quejarme, que no me apetece verles la cara"),
        ("es", "no puedo ir sola, quiero el certificado digital"),
        ("en", "a suggestion about the opening hours"),
    ],
)
def test_other_words_name_no_day(language: str, text: str) -> None:
    understood = _understand(text, language)
    assert understood.days is None
    assert not understood.has_intent(Intent.CANNOT_COME, Intent.HOURS)


@pytest.mark.parametrize(
    ("language", "text", "needs"),
    [
        ("en", "My PA tags along", ("accompanied",)),
        ("en", "my daughter is joining me", ("accompanied",)),
        ("en", "I'm not coming alone", ("accompanied",)),
        ("es", "me acompaña mi yerno", ("accompanied",)),
        ("es", "no voy sola, entra también mi hija", ("accompanied",)),
        ("es", "me lleva mi yerno", ()),
        ("es", "voy sola", ()),
    ],
)
def test_companion_is_a_need(language: str, text: str, needs: tuple[str, ...]) -> None:
    assert _understand(text, language).needs == needs


@pytest.mark.parametrize(
    ("language", "asked", "text", "name"),
    [
        ("es", "name", "la cita es para mi padre, Fermín Ochoa Ruiz, yo soy el hijo", "Fermín Ochoa Ruiz"),
        ("en", "name", "put it down for my husband, Gerald Ashworth", "Gerald Ashworth"),
        ("es", "confirm", "es con zeta: Hernández. Rosa Hernández", "Rosa Hernández"),
        ("es", "name", "para mi madre, que no puede ir", None),
    ],
)
def test_name_stands_beside_other_words(language: str, asked: str, text: str, name: str | None) -> None:
    assert _understand(text, language, asked).name == name


def test_mailbox_follows_how_to_write_it() -> None:
    understood = _understand("todo en minusculas: p.baena arroba example punto org", "es", "email")
    assert understood.email == "p.baena@example.org"


def test_complaint_names_no_part_of_the_day() -> None:
    assert _understand("stop moaning", "en", "date").hours is None
