"""Posters of one or all offices, `/staff/manage/posters`, with texts of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import permutations
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....core.errors import NotFound
from ....core.i18n.catalogues import Catalogues
from ....core.web import requests
from ....offices.service import Office, current_site, posters_pdf
from ....staff.service import own_offices
from ..document_form import OFFICE_PATH, DocumentForm, form_routes
from ..form_fields import part_fields
from ..manage_page import MANAGE_PATH, render_manage_page, require_manager

POSTERS_PATH = MANAGE_PATH + "/posters"
POSTER_FORM_PATH = OFFICE_PATH + "/poster"
SIZES: Mapping[str, Literal["a4", "a3"]] = {"a4": "a4", "a3": "a3"}


async def show_posters(request: Request) -> Response:
    """`GET /staff/manage/posters`: what to print, and the own texts."""
    principal = await require_manager(request)
    return render_manage_page(
        request,
        "management/posters.html",
        principal,
        section="posters",
        offices=await own_offices(request, principal),
        chosen=request.query_params.get("office", ""),
        pairs=_language_pairs(request),
    )


def _language_pairs(request: Request) -> dict[str, tuple[str, str | None]]:
    """Return the choices of a main language and one of the smaller lines, if any."""
    offered = requests.current_runtime(request).languages.offered
    pairs: list[tuple[str, str | None]] = [*permutations(offered, 2), *((code, None) for code in offered)]
    return {"-".join(filter(None, pair)): pair for pair in pairs}


async def download_posters(request: Request) -> Response:
    """`GET /staff/manage/posters.pdf`: the posters of one or all offices as one PDF.

    Raises NotAllowed for another office, NotFound without any.
    """
    slug = request.query_params.get("office") or None
    principal = await require_manager(request, slug)
    offices = [
        own_office for own_office in await own_offices(request, principal) if slug in (None, own_office.slug)
    ]
    if not offices:
        raise NotFound
    runtime = requests.current_runtime(request)
    catalogues: Catalogues = request.state.catalogues
    pairs = _language_pairs(request)
    main, second = pairs.get(request.query_params.get("languages", ""), next(iter(pairs.values())))
    pdf = await asyncio.to_thread(
        posters_pdf,
        [(office, f"{runtime.public_url}/o/{office.slug}") for office in offices],
        current_site(runtime),
        catalogues.gettext,
        runtime.now(),
        size=SIZES.get(request.query_params.get("size", ""), "a4"),
        main=main,
        second=second,
    )
    name = offices[0].slug if len(offices) == 1 else "posters"
    # as an attachment: browsers' PDF viewers fail under a policy that forbids inline content
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"', "Cache-Control": "no-store"}
    return Response(pdf, headers=headers, media_type="application/pdf")


POSTER = DocumentForm(
    section="office",
    template="management/poster.html",
    fields=lambda opened: part_fields(Office, (), opened.languages, ["poster"]),
)

routes = [
    Route(POSTERS_PATH, show_posters, methods=["GET"]),
    Route(POSTERS_PATH + ".pdf", download_posters, methods=["GET"]),
    *form_routes(POSTER_FORM_PATH, POSTER),
]
