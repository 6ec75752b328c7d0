"""The page with the link that connects a chat to a ticket or an appointment."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ..contact.channel_links import LINK_LIFETIME, create_channel_link, open_channel_code
from ..contact.channel_offers import find_offer, offers_by_link
from ..formats.qr import encode_qr
from . import requests


async def create_link(request: Request, channel: str, subject: str, page: str) -> Response:
    """Make a new code for a subject, and redirect to the page that shows it."""
    find_offer(offers_by_link(requests.offered_channels(request)), channel)
    async with requests.current_runtime(request).transaction() as tx:
        await create_channel_link(tx, channel, subject, requests.current_language(request))
    return requests.see_other(page)


async def render_link(request: Request, channel: str, subject: str, back: str) -> Response:
    """Show the link with the code of a subject; without a valid code, redirect to `back`.

    Raises Unavailable if the installation does not offer the channel by a link.
    """
    offer = find_offer(offers_by_link(requests.offered_channels(request)), channel)
    runtime = requests.current_runtime(request)
    async with runtime.read_session() as session:
        code = await open_channel_code(session, runtime.tokens, channel, subject, runtime.now())
    if code is None:
        return requests.see_other(f"{back}#{channel}")
    return requests.render_page(
        request,
        "channel_link_page.html",
        headers=requests.PRIVATE_PAGE_HEADERS,
        offer=offer,
        link=offer.link + code,
        qr=encode_qr(offer.link + code, "m"),
        minutes=int(LINK_LIFETIME.total_seconds()) // 60,
        back=back,
    )
