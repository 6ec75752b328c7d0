"""Names are found where they are written, and are no day, office or service."""

from __future__ import annotations

import pytest
from office360.chatbot.language.understanding import Understanding, understand_message

from ..support.demo_catalogue import demo_catalogue
from ..support.utterances import utterances_moment


def _understand(text: str, language: str, asked: str | None) -> Understanding:
    return understand_message(text, language, demo_catalogue(), utterances_moment(language).date(), asked)


@pytest.mark.parametrize(
    ("language", "asked", "text", "name"),
    [
        ("es", "name", "Mayo Norte Domingo", "Mayo Norte Domingo"),
        ("es", "name", "Consuelo Henares", "Consuelo Henares"),
        ("es", "name", "Soy Iker, Iker Etxeberria", "Iker Etxeberria"),
        ("es", "name", "Mohamed El Amrani y mi correo m.elamrani@example.org", "Mohamed El Amrani"),
        ("es", "name", "Lola Sol, correo lola@example.org", "Lola Sol"),
        ("es", "name", "Antonio Maroto, y me acompañará mi mujer", "Antonio Maroto"),
        ("es", "name", "González Ruiz, Ana", "Ana González Ruiz"),
        ("es", "name", "ponlo a nombre de mi marido, Juan Norte", "Juan Norte"),
        ("es", "confirm", "No es Gonzales, es González. Pedro González", "Pedro González"),
        ("es", "confirm", "el niño se llama Hugo Marín Vela, no Hugo Martín", "Hugo Marín Vela"),
        ("es", None, "soy Abril Sol y quiero una cita", "Abril Sol"),
        ("es", "name", "Encarnación Rubio Salas, para servirle", "Encarnación Rubio Salas"),
        ("es", "name", "Lucía Pardo Gil, gracias", "Lucía Pardo Gil"),
        ("es", "name", "Antonio Ruiz, a su servicio", "Antonio Ruiz"),
        ("en", "name", "Mary Lee, pleased to meet you", "Mary Lee"),
        ("en", "name", "I'm called Rita Moss", "Rita Moss"),
        ("en", None, "I suppose it should be called off", None),
        ("es", "name", "lkjh jjj", None),
        ("es", "name", "el martes", None),
        ("en", "name", "May North", "May North"),
        ("en", "name", "Will Rose", "Will Rose"),
        ("en", "name", "Petrenko, Olga", "Olga Petrenko"),
        ("en", "name", "put it down as Mary Anne O'Rourke", "Mary Anne O'Rourke"),
        ("en", "name", "it's for my mother: Ethel Brown", "Ethel Brown"),
        ("en", "confirm", "the name is wrong, it's Sean Doyle with an S", "Sean Doyle"),
        ("en", None, "12:00 please. Gareth Pugh, gareth.pugh@example.org", "Gareth Pugh"),
        ("en", None, "take my name off", None),
        ("en", "name", "before that, I need a sign language interpreter", None),
    ],
)
def test_name_is_found(language: str, asked: str | None, text: str, name: str | None) -> None:
    assert _understand(text, language, asked).name == name


@pytest.mark.parametrize(
    ("language", "text"),
    [("es", "Mayo Norte Domingo"), ("es", "Sol Abril Henares"), ("en", "May North"), ("en", "Mark Friday")],
)
def test_name_answer_names_nothing_else(language: str, text: str) -> None:
    assert _understand(text, language, "name").facts == {"name"}


@pytest.mark.parametrize(
    ("language", "text", "email"),
    [
        ("es", "mi correo es ana arroba example punto org", "ana@example.org"),
        ("en", "the address I gave was amina at example dot org", "amina@example.org"),
        ("es", "lucia punto sanz arroba example punto org", "lucia.sanz@example.org"),
        ("en", "sunil dot rao at example dot org", "sunil.rao@example.org"),
        ("en", "it's jo dot bloggs at example dot co dot uk", "jo.bloggs@example.co.uk"),
        ("es", "jose luis punto vega arroba example punto org", None),
        ("es", "ana ruiz arroba example punto org", None),
        ("es", "ana@gmail", None),
        ("es", "ana.gmail.com", None),
    ],
)
def test_dictated_email_is_taken_or_asked_about(language: str, text: str, email: str | None) -> None:
    understood = _understand(text, language, "email")
    assert (understood.email, understood.has_broken_email) == (email, email is None)
