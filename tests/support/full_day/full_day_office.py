"""Office of the full day: twelve desks, four lines, and names as long as real names."""

from __future__ import annotations

from typing import Any

AGENTS = (
    "Rosa Etxeberria Goikoetxea",
    "María del Carmen Fernández-Villaverde",
    "Juan Ignacio Arriortúa Mendizábal",
    "Boris Álvarez",
    "Concepción Rodríguez de la Fuente",
    "Maximiliano Echevarría Urrutikoetxea",
    "Noor",
    "Inmaculada Santamaría Hernández",
    "Francisco Javier Gutiérrez Bustamante",
    "Guadalupe Zabalbeascoa",
    "Montserrat Puigdollers i Castellvell",
    "Ana",
)
PEOPLE = (
    "Amina Haddad",
    "Encarnación Villanueva de los Infantes",
    "Wolfeschlegelsteinhausen Bergerdorff",
    "José Ramón Izagirre Aurrekoetxea",
    "Li",
    "Maria da Conceição Vasconcelos e Sousa",
    "Diego Sanz",
    "Ekaterina Konstantinovna Preobrazhenskaya",
)
LINES = {
    "registry": ("A", "Registro y documentación administrativa", "Registry and administrative documents"),
    "identity": ("B", "Identidad digital", "Digital identity"),
    "social": ("C", "Discapacidad y atención a la dependencia", "Disability and long-term care"),
    "licences": ("D", "Licencias", "Licences"),
}
SERVICES: dict[str, tuple[str, str, str, int, list[str]]] = {
    "documents": ("registry", "Registro de documentos", "Registering documents", 10, ["in_person"]),
    "certificate": (
        "identity",
        "Validación de certificado digital",
        "Validation of a digital certificate",
        15,
        ["in_person", "video", "phone"],
    ),
    "health-card": ("identity", "Tarjeta sanitaria virtual", "Virtual health card", 10, ["in_person", "video"]),
    "disability": (
        "social",
        "Reconocimiento del grado de discapacidad",
        "Recognition of the degree of disability",
        15,
        ["in_person", "video", "phone"],
    ),
    "care": (
        "social",
        "Prestaciones económicas de dependencia",
        "Long-term care benefits",
        15,
        ["in_person", "phone"],
    ),
    "hunting-fishing": (
        "licences",
        "Licencias de caza y pesca",
        "Hunting and fishing licences",
        15,
        ["in_person", "video"],
    ),
}
WAYS = (
    ("Al fondo, a la izquierda", "At the back, on the left", "left"),
    ("De frente, pasada la columna", "Straight on, past the column", "ahead"),
    ("A la derecha de la entrada", "To the right of the entrance", "right"),
)


def office_source() -> dict[str, Any]:
    """Return the office in the form of a city file."""
    return {
        "name": "Oficina de Atención a la Ciudadanía Centro",
        "address": "Paseo de la Constitución Española, 112, bajo derecha, Madrid",
        "phone": "900 000 360",
        "timezone": "Europe/Madrid",
        "country": "ES",
        "subdivision": "MD",
        "access": {
            "es": "Entrada sin escalones y bucle magnético",
            "en": "Step-free entrance and hearing loop",
        },
        "lines": {slug: {"letter": sign, "names": {"es": es, "en": en}} for slug, (sign, es, en) in LINES.items()},
        "services": {
            slug: {
                "line": line,
                "names": {"es": es, "en": en},
                "minutes": minutes,
                "modes": modes,
                "capacity": dict.fromkeys(modes, 8),
                "bring": {"es": "DNI o NIE en vigor y una copia", "en": "A valid identity card and a copy"},
            }
            for slug, (line, es, en, minutes, modes) in SERVICES.items()
        },
        "desks": {str(number): _desk(number) for number in range(1, len(AGENTS) + 1)},
        "texts": {
            "consulta-datos": {
                "title": {
                    "es": "Consulta de mis datos en otras administraciones",
                    "en": "Look-up of my data in other administrations",
                },
                "body": {
                    "es": "Autorizo a la oficina a consultar mis datos del padrón.",
                    "en": "I authorise the office to look up my data.",
                },
            }
        },
        "hours": {day: ["08:00-19:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")},
    }


def _desk(number: int) -> dict[str, Any]:
    es, en, arrow = WAYS[(number - 1) // 4]
    lines = list(LINES)
    first = number % len(lines)
    return {"way": {"es": es, "en": en}, "arrow": arrow, "lines": [*lines[first:], *lines[:first]]}
