"""Questions about the offices: what is asked, in each language, and what only tells."""

from __future__ import annotations

import pytest
from office360.chatbot.language.lexicon import Intent
from office360.chatbot.language.questions import find_questions, is_question
from office360.chatbot.language.understanding import LEXICONS

QUESTIONS = {
    "es": {
        "¿hay parking cerca?": (Intent.PARKING,),
        "voy en coche, ¿dónde se puede aparcar?": (Intent.PARKING,),
        "aparcamiento gratuito": (Intent.PARKING,),
        "tenéis ascensor?": (Intent.ACCESS,),
        "¿hay escalones en la entrada?": (Intent.ACCESS,),
        "¿puede entrar mi padre con la silla de ruedas?": (Intent.ACCESS,),
        "qué autobús va a la oficina norte": (Intent.TRANSPORT,),
        "¿cómo llego en metro?": (Intent.TRANSPORT,),
        "¿abrís el puente?": (Intent.HOLIDAYS,),
        "¿el 8 es fiesta?": (Intent.HOLIDAYS,),
        "¿cuánto cuesta?": (Intent.PRICE,),
        "¿es gratis?": (Intent.PRICE,),
        "¿qué tengo que llevar?": (Intent.BRING,),
        "¿a qué hora abrís?": (Intent.HOURS,),
        "¿cuánto dura?": (Intent.DURATION,),
        "¿qué hacéis con mis datos?": (Intent.WHY,),
        "¿se puede hacer por videollamada o hay que ir?": (Intent.MODES,),
        "¿puede ir otra persona por mí?": (Intent.OTHER_QUESTION,),
        "qué vale el trámite": (Intent.PRICE,),
        "tiene coste?": (Intent.PRICE,),
        "hace falta el libro de familia": (Intent.BRING,),
        "quién va a ver mis datos": (Intent.WHY,),
        "desde Atocha cómo voy": (Intent.TRANSPORT,),
        "lo puedo hacer desde casa?": (Intent.MODES,),
        "puedo llevar a mi perro?": (Intent.OTHER_QUESTION,),
        "es mucho rato?": (Intent.DURATION,),
        "¿cuánto cuesta? ¿y qué horario tenéis?": (Intent.PRICE, Intent.HOURS),
        "precio y horario": (Intent.PRICE, Intent.HOURS),
    },
    "en": {
        "is there a car park?": (Intent.PARKING,),
        "where can I park": (Intent.PARKING,),
        "are there steps at the entrance": (Intent.ACCESS,),
        "does it have a lift": (Intent.ACCESS,),
        "which bus goes there": (Intent.TRANSPORT,),
        "how do I get there": (Intent.TRANSPORT,),
        "are you open on the bank holiday": (Intent.HOLIDAYS,),
        "is the 8th a holiday?": (Intent.HOLIDAYS,),
        "how much does it cost": (Intent.PRICE,),
        "do I have to bring my passport?": (Intent.BRING,),
        "when are you open": (Intent.HOURS,),
        "how long does it take": (Intent.DURATION,),
        "how long do you keep my details": (Intent.WHY,),
        "can it be done by video or must I come": (Intent.MODES,),
        "can someone else come for me?": (Intent.OTHER_QUESTION,),
        "is the entrance step-free": (Intent.ACCESS,),
        "do I need photos": (Intent.BRING,),
        "who can see my data": (Intent.WHY,),
        "is it a long appointment": (Intent.DURATION,),
        "where do I have to go": (Intent.WHERE,),
        "can I bring my dog": (Intent.OTHER_QUESTION,),
        "is there parking? and how much is it": (Intent.PARKING, Intent.PRICE),
    },
}
TELLING = {
    "es": (
        "he dejado el coche mal aparcado",
        "antes de navidad",
        "en cuanto pase el puente, el 9 mismo",
        "me cuesta entender las cosas, necesito más tiempo",
        "voy con muletas y tardo en llegar",
        "mi número de teléfono es el 600 100 200",
    ),
    "en": (
        "I left my car in the wrong place",
        "after the holidays",
        "my train gets in at noon so after that",
        "it's about a parking fine I got",
        "new year's eve",
    ),
}
CASES = [(language, text, asked) for language, texts in QUESTIONS.items() for text, asked in texts.items()]
TOLD = [(language, text) for language, texts in TELLING.items() for text in texts]


@pytest.mark.parametrize(("language", "text", "asked"), CASES)
def test_question_is_found_by_its_words(language: str, text: str, asked: tuple[Intent, ...]) -> None:
    assert find_questions(text, LEXICONS[language]) == asked


@pytest.mark.parametrize(("language", "text"), TOLD)
def test_narration_asks_nothing(language: str, text: str) -> None:
    assert find_questions(text, LEXICONS[language]) == ()


def test_question_has_its_own_form() -> None:
    assert is_question("puede ser el lunes?", LEXICONS["es"])
    assert is_question("dónde estáis", LEXICONS["es"])
    assert not is_question("quiero cita el lunes", LEXICONS["es"])
    assert is_question("could I come on Monday", LEXICONS["en"])
    assert not is_question("book me for Monday", LEXICONS["en"])
