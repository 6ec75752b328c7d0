"""Organisation of the demo city: name, telephone and legal texts."""

from __future__ import annotations

from ...core.db.audit_entries import COMMAND_LINE
from ...core.runtime import Runtime
from ...offices.service import read_site, save_site_profile, site_profile_from_dict
from .offices import HELP_PHONE

DEMO_NAME = {"es": "Oficinas de demostración", "en": "Demo offices"}
DEMO_SITE = {
    "names": DEMO_NAME,
    "short_name": "Demo",
    "help_phone": HELP_PHONE,
    "controller_name": "Organización de demostración",
    "controller_address": "Calle del Olivar, 12",
    "controller_email": "datos@example.org",
    "officer_contact": "protecciondedatos@example.org",
    "legal_basis": {
        "es": "Texto de demostración. Aquí la organización escribe para qué usa los datos y qué norma lo permite.",
        "en": "Demo text. Here the organisation writes what it uses the data for, and the rule that allows it.",
    },
    "retention": {
        "es": "Texto de demostración. Aquí la organización añade lo que guarda su archivo.",
        "en": "Demo text. Here the organisation adds what its archive keeps.",
    },
    "complaint_authority": {
        "es": "Texto de demostración. Aquí figura la autoridad de control y su página web.",
        "en": "Demo text. Here stands the supervisory authority with its web page.",
    },
}


async def ensure_demo_site(runtime: Runtime) -> None:
    """Describe the organisation, unless a person has done it."""
    if (await read_site(runtime)).version:
        return
    async with runtime.transaction() as tx:
        await save_site_profile(tx.session, tx.now, COMMAND_LINE, site_profile_from_dict(DEMO_SITE))
