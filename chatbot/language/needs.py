"""Needs that a message names or takes back, as the codes of the booking form. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .lazy_pattern import LazyPattern
from .lexicon import CUT_OUT, compile_expressions, whole_word_expressions
from .normalize import normalise_text

# Services about disabilities, other languages, and denials.
NO_NEED = whole_word_expressions(
    r"""
    (?:certificado|grado|tarjeta|cursos?|clases|titulo|ayudas?|subvencion|plaza|carnet|reconocimiento\
      |pension|tramite) (?:\w+ )?(?:de \w+ )?(?:de|para|por) (?:la |las |los \
      |una )?(?:\w+ )?(?:lengua de (?:signos|senas)|sillas? de ruedas|movilidad reducida|interpretes?\
      |sord[oa]s|personas sordas|accesibilidad|discapacidad\w*(?: auditiva)?|lse)
    interpretes? (?:jurad[oa]|judicial|de (?:arabe|ingles|chino|frances|ruso|ucraniano|rumano|aleman|urdu\
      |wolof|portugues|marroqui|bereber))
    no (?:soy|es|estoy) (?:\w+ )?sord[oa]
    no (?:necesito|hace falta|quiero|voy en|uso|llevo|requiero) (?:un |una |ningun )?(?:interprete\
      |silla de ruedas|muletas|rampa|andador)
    no estoy sord[oa]|sord[oa]s? a mis|haces? oidos sordos|oidos sordos
    (?:ya no|sin) (?:silla de ruedas|muletas|interprete)
    (?:certificates?|cards?|courses?|classes|grants?|aid|allowance|permit|badge|benefits?) (?:\w+ )?(?:for\
      |of|in|about) (?:a |the )?(?:\w+ )?(?:sign language|wheelchairs?|deaf people|interpreters?\
      |disabled people)
    (?:sign language|wheelchair|interpreter) (?:courses?|classes|certificates?|grants?|exams?|degree\
      |training|licen[cs]e)
    sworn (?:interpreter|translator)
    (?:arabic|spanish|chinese|french|english|russian|ukrainian|urdu|german|romanian) interpreter
    (?:i am|im|he is|she is|we are) not (?:\w+ )?deaf
    (?:do not|dont) (?:need|want|use|have) (?:an? |any )?(?:\w+ )?(?:interpreter|wheelchair|ramp|crutches)
    tone deaf|(?:fall|fell|falling|falls) on deaf ears|deaf ears
    """
)

# What makes a denial of one of the expressions above: `no necesito intérprete`, but not `interpreter course`.
DENIAL = whole_word_expressions(r"""
    no|sin|ningun|ninguna|dont|not|without|longer
    """)

NEED_PATTERNS: Mapping[str, LazyPattern] = compile_expressions(
    {
        "sign_language": r"""
            (?:soy|es|somos|son|personas?|estoy|padres?|madre|hij[oa]|marido|mujer|herman[oa]|abuel[oa]|amig[oa]\
              |pareja|cliente|usuari[oa]) (?:(?:muy|una?|persona|totalmente|completamente|casi|medio|tambien\
              |mayor|algo|bastante) ){0,3}sord[oa]s?
            ^(?:para )?(?:una persona )?(?:sord[oa]s?|sordomud[oa])$|sordomud[oa]s?|sordera|sordocieg[oa]s?
            (?:lengua|lenguaje|idioma) de (?:los )?(?:signos|senas)|lse|signante
            hablo (?:en |por )?(?:signos|senas)
            (?:necesito|quiero|con|un|una|el|la|sin|traer|hace falta|pido|de) interpretes?
            ^interprete(?: por favor)?$|discapacidad auditiva
            (?:no|apenas) (?:oigo|puedo oir|oye) (?:nada|de nacimiento|sin)|implante coclear
            (?:i am|im|i m|is|are|hes|shes|he s|she s|person|people|husband|wife|mother|father|son|daughter\
              |friend) (?:\w+ ){0,3}deaf
            ^deaf(?: person)?$|deaf(?:blind)?(?: and mute| mute)|deaf (?:person|woman|man|people|citizen)
            hearing impair\w+|hard of hearing|can(?:not|t| not) hear(?! you| the| anything| me)
            (?:sign|signing) language|(?:british|spanish|american) sign|bsl
            (?:an|the|need|with|for|sign) interpreters?|^interpreter(?: please)?$
        """,
        "step_free": r"""
            (?:en|con|mi|una?|uso|llevo|la) silla(?: de ruedas)? (?:electrica|de ruedas)|sillas? de ruedas
            silla electrica|movilidad reducida|scooter (?:electrico|de movilidad)
            (?:con|llevo|uso|en|voy con) (?:\w+ )?(?:muletas|andador|baston(?:es)?)
            no puedo (?:subir|bajar) (?:las |ninguna )?escal\w+|sin escal(?:eras|ones)
            (?:necesito|que haya|que tenga|acceso con|hace falta) (?:una |un )?(?:rampa|ascensor\
              |acceso (?:accesible|adaptado))
            acceso sin escal\w+|wheel ?chairs?|mobility scooter|(?:reduced|limited) mobility
            (?:on|with|use) (?:my )?crutches|walking frame|zimmer frame
            can(?:not|t| not) (?:climb|use|do|manage) (?:the )?stairs|step free|no stairs
            (?:need|with) (?:a )?(?:ramp|lift|elevator)
        """,
        "easy_reading": r"""
            lectura facil
            (?:necesito|necesita|hace falta|con|dadme|quiero) (?:un poco )?mas tiempo (?:para (?:entender\
              |leer|hablar|explicar\w*|la cita|la atencion)|en la cita|de atencion)
            me cuesta (?:mucho )?(?:leer|entender|comprender)|discapacidad intelectual
            no se leer(?: ni escribir)?|dislexi\w+|easy (?:to )?read(?:ing)?
            (?:need|needs|want|with) (?:some |a little |a bit )?(?:more|extra) time (?:to|for|at\
              |in) (?:understand|read|speak|explain|the appointment|my appointment)
            (?:learning|intellectual) disabilit\w+|dyslexi\w+|can(?:not|t| not) read
        """,
        "accompanied": r"""
            (?:me acompanan?|me acompanara|(?:voy|ire|iria|vengo|vendre|acudire|estare\
              |necesito ir) acompanad[oa])
            (?:con|traigo|llevo|ira mi|necesito) (?:un |una |mi )?acompanante
            (?:will be|am|be|come|coming) accompanied|(?:comes|coming|will come|is coming|goes) with me
            with (?:a|my) (?:companion|carer|support worker|personal assistant)
        """,
    }
)


def without_needs(text: str) -> str:
    """Cut the words of needs out, so that no other grammar takes them for a service or a name."""
    words = normalise_text(text)
    for pattern in NEED_PATTERNS.values():
        words = pattern.sub(" , ", words)
    return words


def without_need_clauses(text: str) -> str:
    """Keep the parts of a text that name no need, as they are written: a name may stand there."""
    return ",".join(part for part in re.split(r"[,;.](?=\s|$)", text) if not find_needs(part))


def find_needs(text: str) -> tuple[str, ...]:
    """Find the needs that a message names, in Spanish or English, in the order of the form."""
    words = NO_NEED.sub(CUT_OUT, normalise_text(text))
    return tuple(need for need, pattern in NEED_PATTERNS.items() if pattern.search(words))


def find_refused_needs(text: str) -> tuple[str, ...]:
    """Find the needs that a message takes back: `al final no necesito intérprete`."""
    denied = [found[0] for found in NO_NEED.finditer(normalise_text(text)) if DENIAL.search(found[0])]
    return tuple(
        need for need, pattern in NEED_PATTERNS.items() if any(pattern.search(_as_need(words)) for words in denied)
    )


def _as_need(words: str) -> str:
    """Turn a denial into the need that it denies, which the patterns of needs find."""
    return " ".join(DENIAL.sub(" ", words).split())
