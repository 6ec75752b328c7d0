"""Personal details of a message never leave: whatever is typed around them."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from office360.chatbot.language.date_time.times import NUMBER_WORDS
from office360.chatbot.language.understanding import LEXICONS
from office360.chatbot.rewriting.masking import MaskedMessage, mask_message
from office360.chatbot.rewriting.phrases import known_words
from office360.core.ids import CROCKFORD

from ..support.demo_catalogue import demo_catalogue

KNOWN_WORDS = {language: known_words(language, demo_catalogue()) for language in LEXICONS}
FILLERS = ["quiero arreglar lo del carnet de pescar ", "i need the thing ", "¿Me ayudas? ", "oiga, ", ""]
WORDS = st.sampled_from(FILLERS)
WORD = st.text(string.ascii_lowercase, min_size=2, max_size=9)
EMAILS = st.builds(
    lambda user, at, host, dot: f"{user}{at}{host}{dot}org",
    st.builds("{}{}{}".format, WORD, st.sampled_from([".", "_", "-", ""]), WORD),
    st.sampled_from(["@", " @ ", " arroba ", "(at)"]),
    WORD,
    st.sampled_from([".", " punto ", " dot "]),
)
NUMBERS = st.one_of(
    st.from_regex(r"[67]\d{2}[ .-]?\d{3}[ .-]?\d{3}", fullmatch=True),
    st.from_regex(r"\+34 ?\d{9}", fullmatch=True),
    st.from_regex(r"\d{8}[ -]?[A-Za-z]", fullmatch=True),
    st.from_regex(r"[XYZ][ -]?\d{7}[ -]?[A-Z]", fullmatch=True),
    st.from_regex(r"\d{4} ?[BCDFGHJKLMNPRSTVWXYZ]{3}", fullmatch=True),
    st.text(CROCKFORD, min_size=8, max_size=8).map(lambda code: f"{code[:4]} {code[4:]}"),
    st.text(string.digits, min_size=1, max_size=20),
)
NAMES = st.builds(
    lambda words, small: " ".join(words).lower() if small else " ".join(words),
    st.lists(
        st.sampled_from(["Zulema", "Iñaki", "Wojciech", "Garazi", "Echeverría"]),
        min_size=1,
        max_size=3,
        unique=True,
    ),
    st.booleans(),
)


def _mask(text: str, language: str = "es", details: tuple[str, ...] = ()) -> MaskedMessage:
    masked = mask_message(
        text,
        LEXICONS[language],
        known_words=KNOWN_WORDS[language],
        number_words=NUMBER_WORDS[language],
        known_details=details,
    )
    assert masked is not None
    return masked


@settings(max_examples=100, deadline=None)
@given(before=WORDS, email=EMAILS, after=WORDS)
def test_email_never_leaves(before: str, email: str, after: str) -> None:
    masked = _mask(f"{before}mi correo es {email}, {after}")
    left = re.sub(r"\[[A-Z]+_[A-Z]\]", " ", masked.text).lower()
    user = re.split(r"@| @ | arroba |\(at\)", email)[0]
    assert "@" not in left
    assert "arroba" not in left
    assert user not in left


@settings(max_examples=100, deadline=None)
@given(before=WORDS, number=NUMBERS, after=WORDS)
def test_no_digit_and_no_code_leaves(before: str, number: str, after: str) -> None:
    masked = _mask(f"{before}es {number}. {after}")
    assert not any(character.isdigit() for character in masked.text)
    left = re.sub(r"\[[A-Z]+_[A-Z]\]", " ", masked.text)
    assert not set(re.findall(r"[A-Z]{2,}", number)) & set(re.findall(r"[A-Z]{2,}", left))


@settings(max_examples=60, deadline=None)
@given(before=WORDS, name=NAMES, after=WORDS, introduction=st.sampled_from(["me llamo", "soy", "mi nombre es"]))
def test_introduced_name_never_leaves(before: str, name: str, after: str, introduction: str) -> None:
    sent = _mask(f"{before}{introduction} {name}. {after}", details=(name,) if name.islower() else ()).text
    assert not set(name.split()) & set(re.findall(r"\w+", sent))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_masked_and_restored(text: str) -> None:
    masked = mask_message(text, LEXICONS["es"], known_words=(), number_words=())
    if masked is None:
        return
    assert not re.search(r"\d", masked.text)
    restored = re.sub(r"\[[A-Z]+_[A-Z]\]", lambda found: masked.originals[found.group()], masked.text)
    assert restored == text.translate(str.maketrans("[]", "()"))


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("para mi madre Rosa Gil, lo del carnet", "para mi madre [NAME_A] [NAME_B], lo del carnet"),
        ("Rosa Gil quiere el carnet", "[NAME_A] [NAME_B] quiere el carnet"),
        ("Mudanza y carnet en Oficina Norte", "Mudanza y carnet en Oficina Norte"),
        ("seis cero cero uno dos tres es mi móvil", "[NUMBER_A] es mi móvil"),
        ("el 3/12 o el 4 a las 10:30", "el [NUMBER_A] o el [NUMBER_B] a las [NUMBER_C]"),
        ("mira [esto]", "mira (esto)"),
        ("es el 12345678 z creo", "es el [NUMBER_A] creo"),
    ],
)
def test_details_become_placeholders(text: str, sent: str) -> None:
    assert _mask(text).text == sent


def test_details_told_before_are_masked() -> None:
    assert _mask("ya te dije, garcía lopez quiere eso", details=("Ana García López",)).text == (
        "ya te dije, [NAME_A] [NAME_B] quiere eso"
    )


def test_message_with_too_many_details_is_not_sent() -> None:
    text = " y ".join(str(number) for number in range(30))
    assert mask_message(text, LEXICONS["es"], known_words=(), number_words=()) is None
