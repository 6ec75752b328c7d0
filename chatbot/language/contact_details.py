"""Names, e-mails, telephone numbers and locators in a message. Pure, no validation."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .lexicon import Lexicon, word_set
from .locators import find_locator
from .normalize import normalise_text

EMAIL = re.compile(r"[^\s<>(),;:\"@]+@[^\s<>(),;:\"@]+")
SPOKEN_AT = re.compile(r"(?<=\w)\s*(?:\(arroba\)|\[at\]|\(at\)|\barroba\b)\s*(?=\w)", re.IGNORECASE)
SPOKEN_EMAIL = re.compile(r"\w\s+at\s+[\w-]+\s+dot\s+\w", re.IGNORECASE)
_ENGLISH_AT = re.compile(r"(?<=\w)\s+at\s+(?=[\w-]+\s+dot\s+\w)", re.IGNORECASE)
SPOKEN_DOT = re.compile(r"(?<=\w)\s+(?:punto|dot)\s+(?=\w)", re.IGNORECASE)
# Without @, or the whole text is a domain.
BROKEN_EMAIL = re.compile(r"\barroba\b|^\s*[\w.+-]+\.[a-z]{2,}\s*$", re.IGNORECASE)
COMPLETE_EMAIL = re.compile(r"[^@]+@(?:[\w-]+\.)+[^\W\d_]{2,}")
PHONE = re.compile(r"(?<![\w+])(?:(?:\+|00)\d[\d\s().-]{7,17}\d|[6789](?:[\s.-]?\d){8})(?![\w])")
PARTICLES = frozenset(
    {"de", "del", "la", "las", "los", "y", "da", "dos", "van", "von", "el", "al", "ben", "i", "bin"}
)
# In lower case, `el viernes` is not a name; `la Loles` is a name.
ARTICLES = frozenset({"el", "la", "los", "las", "the", "a", "an"})
# Alone they are an answer to something else, never a name.
_ANSWERS = word_set("ye yea yeah yep yup ya yo si ok okay okey k oki vale no nope nah na sip nop")
_DENIAL_BEFORE = re.compile(r"\b(?:no|not|ya no)[ ,]*$", re.IGNORECASE)
# Words between a name and the e-mail or telephone number, which were cut out.
_DETAIL_LABEL = re.compile(
    r"[\s,;:.]*(?:\b(?:y|and|con|with)\s+)?(?:\b(?:mi|my|el|the|su)\s+)?\b(?:correo(?: electr[oó]nico)?|e-?mail"
    r"|mail|tel[eé]fono|tel|m[oó]vil|phone(?: number)?|address|n[uú]mero)\b(?:\s+(?:es|is))?[\s:,.]*$",
    re.IGNORECASE,
)
_CAPITALISED = r"[A-ZÀ-Ý][^\W\d_]+"
_SURNAME_FIRST = re.compile(
    rf"(?P<surname>{_CAPITALISED}(?:[ -]{_CAPITALISED})?), (?P<first>{_CAPITALISED}(?:[ -]{_CAPITALISED})?)"
)
_NAME_AT_END = re.compile(
    rf"\b({_CAPITALISED}(?: (?:(?:de|del|la|los|van|von|el|y) )*{_CAPITALISED}){{1,5}})[\s,;:(]*$"
)
# The person for whom the appointment is: `es para mi padre, Fermín Ochoa Ruiz, yo soy el hijo`.
_NAME_OF_RELATIVE = re.compile(
    rf"\b(?i:para|for) (?i:mi|my) [a-záéíóúñ]+(?: [a-z]+)?[,:] ({_CAPITALISED}"
    rf"(?: (?:(?:de|del|la|los|van|von|el|y) )*{_CAPITALISED}){{1,5}})(?=[\s,.;!]*$|[,.;] )"
)
_POLITE_TAIL = re.compile(
    r"[\s,.;]+(?:para servir\w+|a (?:su|tu|vuestro) servicio|a sus [oó]rdenes|(?:muchas |mil )?gracias"
    r"|encantad[oa]"
    r"|un saludo|saludos|por favor|thanks(?: a lot| so much)?|thank you|cheers|please|at your service"
    r"|(?:pleased|nice|good) to meet you)[\s.,!]*$",
    re.IGNORECASE,
)
# A sentence that says that the name is wrong, before the right name: `You've spelt me wrong. Siobhan Keane.`
_WRONG_NAME = re.compile(
    r"(?:nombre|apellidos?|\w*names?)\b.{0,25} (?:mal|equivocad\w+|incorrect\w+|wrong(?:ly)?|incorrect"
    r"|miss?pel\w+)"
    r"|(?:escrito|puesto|apuntado|escribiste|pusiste) mal|mal escrit[oa]|me llamais mal"
    r"|(?:spel[lt]\w*|wrote|written|got|put) (?:me|my (?:\w+ )?\w*names?) (?:down )?(?:all )?(?:wrong(?:ly)?"
    r"|incorrectly)"
    r"|mis ?spel\w+ (?:me|my \w*name)"
    r"|\b(?:es|va|lleva|escribe|its|spel[lt]|written) (?:con|sin|with|without) (?:an? |una? )?(?:zeta|ese|be|uve"
    r"|hache|jota|ge|ce|elle|i griega|ka|tilde|acento|zed|[a-z])\b"
)
_VOWEL = re.compile(r"[aeiouy]")
# Before the mailbox of a dictated address, other words than these may be a part of it: `ana ruiz arroba …`.
_EMAIL_LEADS = word_set(
    """
    es is correo electronico email mail mi my el the address was gave seria a al y and con soy este this its it
    direccion gmail cuenta pon put apunta use usa minusculas minuscula lowercase
    """
)
_SPOKEN_MAILBOX = re.compile(
    r"([^\s@]+)[\s,:]+[^\s@]+\s*(?:\barroba\b|\bat\b(?=\s+[\w-]+\s+dot\b))", re.IGNORECASE
)
MAX_WORDS_BESIDE_EMAIL = 5  # with more it is a sentence
_OPEN_ENDS = frozenset({"a", "al", "at", "en", "es", "in", "is", "mi", "my", "to"})  # in lower case: no surname
MAX_NAME_WORDS = 8  # Spanish names with particles reach seven


@dataclass(frozen=True, slots=True)
class FoundDetails:
    """Details as the citizen typed them, without spaces. `rest`: the text without them.

    `has_broken_email`: the text has an incomplete e-mail address.
    """

    email: str | None
    phone: str | None
    locator: str | None
    rest: str
    has_broken_email: bool = False


def find_details(text: str) -> FoundDetails:
    """Find e-mail, telephone number and locator in a text, spoken signs included."""
    text = _join_spoken_mailbox(text)
    spoken = _SPOKEN_MAILBOX.search(text)
    is_unsure = spoken is not None and normalise_text(spoken[1]) not in _EMAIL_LEADS
    text = SPOKEN_AT.sub("@", text)
    if SPOKEN_EMAIL.search(text):
        text = re.sub(r"\s+at\s+", "@", text, count=1, flags=re.IGNORECASE)
    if "@" in text:
        text = re.sub(r"\s*@\s*", "@", SPOKEN_DOT.sub(".", _replace_spelled_signs(text)))
        text = re.sub(r"(?<=\w)\s+\.\s*(?=[a-z]{2,}\b)", ".", text)
    email, text = _cut_match(EMAIL, text)
    email = email.rstrip(".,!?") if email else None
    is_complete = not is_unsure and email is not None and COMPLETE_EMAIL.fullmatch(email) is not None
    phone, text = _cut_match(PHONE, text)
    locator, text = find_locator(text)
    has_broken_email = not is_complete if email else BROKEN_EMAIL.search(text) is not None
    phone = phone and re.sub(r"[\s().-]", "", phone)
    return FoundDetails(email if is_complete else None, phone, locator, text, has_broken_email)


def _join_spoken_mailbox(text: str) -> str:
    """Write the signs before a spoken @ as signs: `ana punto ruiz arroba …`."""
    at = SPOKEN_AT.search(text) or _ENGLISH_AT.search(text)
    if at is None:
        return text
    return SPOKEN_DOT.sub(".", _replace_spelled_signs(text[: at.start()])) + text[at.start() :]


def _replace_spelled_signs(text: str) -> str:
    """Replace signs that are written as words: `ana guion bajo 80`."""
    for words, sign in ((r"(?:gui[oó]n|barra) bajo|barra baja|underscore", "_"), (r"gui[oó]n|dash|hyphen", "-")):
        text = re.sub(rf"(?<=\w)\s+(?:{words})\s+(?=\w)", sign, text, flags=re.IGNORECASE)
    return text


def find_name(text: str, lexicon: Lexicon, *, was_asked: bool) -> str | None:
    """Find the name after `me llamo`, or in the whole answer if a name was asked for.

    `text`: the message without e-mail and telephone number.
    """
    if was_asked and (relative := _NAME_OF_RELATIVE.search(text)):
        return relative[1]
    introduced, name = _find_introduced_name(text, lexicon, was_asked)
    if introduced:
        return name
    text = _POLITE_TAIL.sub("", _DETAIL_LABEL.sub("", text)).strip(" .,;:!?")
    if found := _SURNAME_FIRST.fullmatch(text):
        text = f"{found['first']} {found['surname']}"
    words = text.split()
    if not was_asked or not 1 <= len(words) <= MAX_NAME_WORDS or not all(_can_be_name(word) for word in words):
        return None
    known = [normalise_text(word) for word in words if normalise_text(word) not in PARTICLES]
    if _ANSWERS.issuperset(known) or any(word in lexicon.non_name_words for word in known):
        return None
    if (
        sum(word in lexicon.general_words for word in known) > 1
        and len(words) > 2
        and all(_is_lower_case(word) for word in words)
    ):
        return None  # `ya te lo he dicho`
    if len(words) > 1 and all(_is_lower_case(word) for word in words) and lexicon.general_words.issuperset(known):
        return None  # `before that`
    if normalise_text(words[0]) in ARTICLES and all(word.islower() for word in words):
        return None
    if any(len(word) > 2 and not _VOWEL.search(normalise_text(word)) for word in words):
        return None  # `lkjh jjj`
    if words[-1] in _OPEN_ENDS:
        return None  # `Escríbeme a`, before an e-mail that was cut out
    return " ".join(word.strip(",;") for word in words)


def find_name_beside_email(found: FoundDetails, lexicon: Lexicon, *, was_asked: bool) -> str | None:
    """Find the name if a message is nothing but a name and an e-mail.

    `was_asked`: the name or the e-mail was asked for. Else a word is in the mailbox, or all have capitals.
    """
    words = _DETAIL_LABEL.sub("", found.rest).strip(" .,;:!()").split()
    if not found.email or not (1 if was_asked else 2) <= len(words) <= MAX_WORDS_BESIDE_EMAIL:
        return None
    name = find_name(found.rest, lexicon, was_asked=True)
    if name is None or lexicon.generic_office_words & set(normalise_text(name).split()):
        return None
    mailbox = normalise_text(found.email.split("@")[0]).replace(" ", "")
    is_in_mailbox = any(len(word) > 2 and word in mailbox for word in normalise_text(name).split())
    return name if was_asked or is_in_mailbox or all(word[:1].isupper() for word in words) else None


def find_name_before_email(text: str, email: str | None) -> str | None:
    """Find the name that stands before its e-mail: `Gareth Pugh, gareth.pugh@example.org`."""
    before, at, _ = text.partition(email or "@")
    found = _NAME_AT_END.search(before)
    if email is None or not at or found is None:
        return None
    mailbox = normalise_text(email.split("@")[0]).replace(" ", "")
    return found[1] if any(normalise_text(word) in mailbox for word in found[1].split()) else None


def find_corrected_name(text: str) -> str | None:
    """Find the name that follows a sentence about a wrong name."""
    before, mark, after = text.strip(" .!").rpartition(". ")
    if not mark:
        before, _, after = text.strip(" .!").rpartition(", ")
    is_wrong = _WRONG_NAME.search(normalise_text(before)) is not None
    return after if is_wrong and _NAME_AT_END.fullmatch(after) else None


def cut_name(text: str, name: str | None, lexicon: Lexicon) -> str:
    """Cut a name and its introduction out: `me llamo Mayo` names no month."""
    if name is None:
        return text
    text = re.sub(r"\W+".join(map(re.escape, name.split())), " , ", text, count=1)
    introduction = re.search(rf"\b{lexicon.name_introduction.pattern}", _strip_accents(text))
    return f"{text[: introduction.start()]} {text[introduction.end() :]}" if introduction else text


def _is_lower_case(word: str) -> bool:
    return word.islower() or word == "I"


def _find_introduced_name(text: str, lexicon: Lexicon, was_asked: bool) -> tuple[bool, str | None]:
    """Return whether a name is introduced, and the name if it follows.

    The last introduction with a name counts, except after a denial: `no es Gonzales, es González`.
    """
    small = _strip_accents(text)
    sure = list(re.finditer(rf"\b{lexicon.name_introduction.pattern}", small))
    perhaps = re.finditer(rf"\b{lexicon.possible_name_introduction.pattern}", small)
    possible = [match for match in perhaps if was_asked or text[match.end() :].lstrip(" ,")[:1].isupper()]
    is_introduced = bool(sure or possible)
    for match in (*sure, *reversed(possible)):
        if _DENIAL_BEFORE.search(small[: match.start()]):
            continue
        following = text[match.end() :].lstrip(" ,:")
        if (name := _leading_name(following, lexicon)) is not None:
            return True, _fuller_name(name, following)
    return is_introduced, None


def _fuller_name(name: str, text: str) -> str:
    """Return a longer form of the name that follows: `Soy Iker, Iker Etxeberria`."""
    longer = re.findall(
        rf"[^\W\d_]+(?: [^\W\d_]+)* {re.escape(name)}\b|{re.escape(name)}(?: [A-ZÀ-Ý][^\W\d_]+)+", text
    )
    return max((found for found in longer if found.istitle()), key=len, default=name)


def _leading_name(text: str, lexicon: Lexicon) -> str | None:
    """Return the words before the first that is not a name; `soy de Alcalá` has none."""
    name: list[str] = []
    for word in text.split():
        folded = normalise_text(word)
        if not _can_be_name(word) or (word.islower() and folded in lexicon.non_name_words - PARTICLES):
            break
        if folded in ("y", "i") and not _has_next_surname(text, word):
            break
        name.append(word.strip(",;.!?"))
        if word[-1] in ",;.!?":
            break
    while name and normalise_text(name[-1]) in PARTICLES:
        name.pop()
    if not name or normalise_text(name[0]) in PARTICLES:
        return None
    return " ".join(name[:MAX_NAME_WORDS])


def _has_next_surname(text: str, word: str) -> bool:
    """Whether a capital letter follows the `y`: `Ortega y Gasset`."""
    after = text.split(f" {word} ", 1)
    return len(after) == 2 and after[1][:1].isupper()


def _strip_accents(text: str) -> str:
    """Normalise each letter, so that positions stay the same as in the text."""
    return "".join(_strip_accent(letter) for letter in text)


def _strip_accent(letter: str) -> str:
    folded = normalise_text(letter)
    return folded if len(folded) == 1 else letter


def _can_be_name(word: str) -> bool:
    bare = word.strip(",;.!?")
    return (
        bool(bare)
        and all(character.isalpha() or character in "'’-.ªº·" for character in bare)
        and any(character.isalpha() for character in bare)
    )


def _cut_match(pattern: re.Pattern[str], text: str) -> tuple[str | None, str]:
    found = pattern.search(text)
    if found is None:
        return None, text
    return found.group(), f"{text[: found.start()]} {text[found.end() :]}"
