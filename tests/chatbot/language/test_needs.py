"""Needs are found as codes of the booking form."""

from __future__ import annotations

import pytest
from office360.chatbot.language.needs import NEED_PATTERNS, find_needs, find_refused_needs, without_needs
from office360.offices.domain.words import NEED_NAMES


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("soy sorda", "sign_language"),
        ("mi madre es sorda y quiere cita", "sign_language"),
        ("necesito intérprete de lengua de signos", "sign_language"),
        ("LSE por favor", "sign_language"),
        ("soy sordociego", "sign_language"),
        ("I need a sign language interpreter", "sign_language"),
        ("I'm deaf", "sign_language"),
        ("my son is deaf", "sign_language"),
        ("BSL interpreter", "sign_language"),
        ("voy en silla de ruedas", "step_free"),
        ("llevo muletas y no puedo subir escaleras", "step_free"),
        ("I use a wheelchair", "step_free"),
        ("can't climb stairs", "step_free"),
        ("necesito más tiempo para entender", "easy_reading"),
        ("lectura fácil", "easy_reading"),
        ("I need more time to read", "easy_reading"),
        ("me acompaña mi hija", "accompanied"),
        ("my sister comes with me", "accompanied"),
        ("soy sorda y voy en silla de ruedas", "sign_language step_free"),
        ("sordo, intérprete signos necesito", "sign_language"),
        ("no oigo nada, hablo con las manos", "sign_language"),
        ("que venga alguien que signe", "sign_language"),
        ("somos una pareja sorda", "sign_language"),
        ("mi marido tiene hipoacusia", "sign_language"),
        ("LSE interpreter for a deaf couple", "sign_language"),
        ("I'll need someone signing because I don't hear", "sign_language"),
        ("we talk with our hands", "sign_language"),
        ("hard of hearing, interpreter please", "sign_language"),
        ("mi padre usa andador", "step_free"),
        ("voy con el carrito del bebé", "step_free"),
        ("mi madre no puede subir escaleras", "step_free"),
        ("usuario de silla", "step_free"),
        ("los escalones no puedo", "step_free"),
        ("que no haya escalones", "step_free"),
        ("ando muy mal", "step_free"),
        ("tengo la cadera operada", "step_free"),
        ("mum's in a chair, no stairs please", "step_free"),
        ("I've got a walking frame", "step_free"),
        ("pushing a double buggy", "step_free"),
        ("she can't do stairs", "step_free"),
        ("level entrance needed", "step_free"),
        ("he walks with two sticks", "step_free"),
        ("leo muy despacio", "easy_reading"),
        ("necesito más tiempo", "easy_reading"),
        ("necesitaré el doble de tiempo", "easy_reading"),
        ("que me lo expliquen fácil", "easy_reading"),
        ("háblame despacito", "easy_reading"),
        ("mi hijo tiene síndrome de Down", "easy_reading"),
        ("I read slowly", "easy_reading"),
        ("more time please for my appointment", "easy_reading"),
        ("explain it to me slowly please", "easy_reading"),
        ("I need easy words", "easy_reading"),
        ("can they give me extra time", "easy_reading"),
        ("vendrá conmigo la trabajadora social", "accompanied"),
        ("llevo a mi hija para que me ayude", "accompanied"),
        ("voy con mi hermana", "accompanied"),
        ("¿puede venir mi asistente conmigo?", "accompanied"),
        ("vengo acompañado", "accompanied"),
        ("my social worker will be with me", "accompanied"),
        ("I'll be bringing my carer along", "accompanied"),
        ("my son will come in with me, he speaks for me", "accompanied"),
        ("our daughter accompanies us", "accompanied"),
        ("usuario de silla y vengo acompañado", "step_free accompanied"),
        ("mum's in a chair and I'll be pushing her so two of us", "step_free accompanied"),
    ],
)
def test_need_is_found_by_its_code(text: str, needs: str) -> None:
    assert find_needs(text) == tuple(needs.split())


@pytest.mark.parametrize(
    "text",
    [
        "no soy sorda",
        "no necesito intérprete",
        "curso de lengua de signos",
        "tarjeta de aparcamiento para movilidad reducida",
        "certificado de discapacidad",
        "intérprete de árabe",
        "me llamo Juan Sordo",
        "¿hay ascensor?",
        "no se oye, hacéis oídos sordos",
        "sign language course",
        "I am not deaf",
        "Arabic interpreter",
        "necesito más tiempo para pensarlo",
        "no hay más tiempo",
        "quiero ir con mi coche",
        "la silla de la oficina estaba rota",
        "intérprete de inglés",
        "¿tiene la entrada rampa para sillas de ruedas?",
        "can a wheelchair get in?",
        "mañana me voy de pesca con mi cuñado",
        "cita para mi madre",
        "mi hija viene el martes",
        "Sordo García, Juan",
        "I am dead tired",
        "I can't hear you",
        "I want to take my son's health card",
        "my daughter will come on Tuesday",
    ],
)
def test_sentence_without_own_need_names_none(text: str) -> None:
    assert find_needs(text) == ()


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("al final no necesito intérprete", "sign_language"),
        ("el intérprete ya no hace falta", "sign_language"),
        ("quita lo del intérprete", "sign_language"),
        ("I don't need the interpreter any more", "sign_language"),
        ("cancel the interpreter", "sign_language"),
        ("ya no voy en silla de ruedas", "step_free"),
        ("I no longer use a wheelchair", "step_free"),
        ("no hace falta lectura fácil", "easy_reading"),
        ("mi mujer al final no me acompaña", "accompanied"),
        ("my husband is not coming with me", "accompanied"),
    ],
)
def test_need_that_is_taken_back_is_refused(text: str, need: str) -> None:
    assert (find_needs(text), find_refused_needs(text)) == ((), (need,))


def test_needs_are_those_of_the_form() -> None:
    assert list(NEED_PATTERNS) == list(NEED_NAMES)


def test_words_of_need_are_cut_out_whole() -> None:
    assert "ruedas" not in without_needs("mi padre es mayor y va en silla de ruedas")


@pytest.mark.parametrize(
    "text",
    [
        "el fijo no lo cojo",
        "el martes cojo el tren",
        "quiero que mi hija coja la cita",
        "tengo problemas para subir el documento",
        "no puedo hacer la cita",
        "no puedo usar el ordenador",
        "I need a lift to the office",
        "I can't follow the steps on the website",
    ],
)
def test_word_with_another_meaning_is_no_need(text: str) -> None:
    assert find_needs(text) == ()


@pytest.mark.parametrize("text", ["soy coja", "mi madre es coja", "estoy un poco cojo", "no puedo subir"])
def test_trouble_to_walk_needs_no_steps(text: str) -> None:
    assert find_needs(text) == ("step_free",)
