"""Conversion of a request into the message of a citizen."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from ...appointments.service import Requester, build_requester
from ...core.errors import Invalid
from ...core.i18n.catalogues import Catalogues, ErrorTexts
from ...core.web import requests
from ...offices.service import current_site
from ..actions.conversation import IncomingMessage
from ..language.preparation import compile_grammars
from .schemas import ChatMessage


async def prepare_grammars() -> None:
    """Compile the grammars before the first message, in a thread: other requests go on."""
    if not compile_grammars.cache_info().currsize:
        await asyncio.to_thread(compile_grammars)


async def build_incoming_message(
    request: Request, sent: ChatMessage, key: str | None, *, from_page: bool = False
) -> IncomingMessage:
    """Add the language, the client address and the requester of the request to a message."""
    catalogues: Catalogues = request.state.catalogues
    sentences: ErrorTexts = request.state.sentences
    return IncomingMessage(
        text=sent.text,
        language=sent.language or requests.current_language(request),
        address=requests.client_address(request),
        translate=lambda language: catalogues.translations(language).gettext,
        error_text=sentences.error_text,
        help_phone=current_site(requests.current_runtime(request)).help_phone,
        session=sent.session,
        key=key,
        emergency_numbers=requests.emergency_numbers(request),
        page_language=requests.current_language(request) if from_page else None,
        rewriter=request.state.chat_rewriter,
        requester=await _build_requester(request, sent.altcha),
    )


async def _build_requester(request: Request, altcha: str | None) -> Requester:
    """Ignore an invalid proof of work: then the booking asks to verify the e-mail."""
    try:
        return await build_requester(request, altcha)
    except Invalid:
        return await build_requester(request)
