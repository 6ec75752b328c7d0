"""Makes a message of a request: whose it is, in which language, by what it is counted."""

from __future__ import annotations

from starlette.requests import Request

from ..core import web
from ..core.i18n import Catalogues
from .messages import ChatMessage
from .service import Message


def message_of(request: Request, sent: ChatMessage, key: str | None) -> Message:
    """What was sent, with what the request says beside it."""
    catalogues: Catalogues = request.state.catalogues
    return Message(
        text=sent.text,
        language=sent.language or web.language(request),
        address=web.address_of(request),
        translate=lambda language: catalogues.translations(language).gettext,
        help_phone=request.state.settings.help_phone,
        session=sent.session,
        key=key,
    )
