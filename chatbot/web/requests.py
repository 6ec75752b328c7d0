"""Makes a message of a request: whose it is, in which language, by what it is counted."""

from __future__ import annotations

from starlette.requests import Request

from ...appointments.service import Asker, asker_of
from ...core.errors import Invalid
from ...core.i18n.catalogues import Catalogues, Sentences
from ...core.web import requests
from ..actions.conversation import Message
from .schemas import ChatMessage


async def message_of(request: Request, sent: ChatMessage, key: str | None) -> Message:
    """What was sent, with what the request says beside it."""
    catalogues: Catalogues = request.state.catalogues
    sentences: Sentences = request.state.sentences
    return Message(
        text=sent.text,
        language=sent.language or requests.language(request),
        address=requests.address_of(request),
        translate=lambda language: catalogues.translations(language).gettext,
        explain=sentences.say,
        help_phone=request.state.settings.help_phone,
        session=sent.session,
        key=key,
        asker=await _asker(request, sent.altcha),
    )


async def _asker(request: Request, altcha: str | None) -> Asker:
    """A proof that is no good is none: then the e-mail is verified."""
    try:
        return await asker_of(request, altcha)
    except Invalid:
        return await asker_of(request)
