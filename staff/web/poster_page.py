"""Download of an office's poster, `/staff/posters/{office}.pdf`."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...core.auth import StaffRole, require_role
from ...core.i18n.catalogues import Catalogues
from ...core.web import authentication, requests
from ...offices.service import current_site, office_by_slug, posters_pdf


async def download_poster(request: Request) -> Response:
    """Draw the PDF in a thread. Raises NotAllowed, NotFound."""
    runtime, slug = requests.current_runtime(request), request.path_params["office"]
    principal = await authentication.current_principal(request)
    if principal is None:
        return requests.see_other(f"/staff/?next=/staff/posters/{slug}.pdf")
    require_role(principal, StaffRole.AGENT, slug)
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
    catalogues: Catalogues = request.state.catalogues
    address = f"{runtime.public_url}/o/{office.slug}"
    site = current_site(runtime)
    pdf = await asyncio.to_thread(posters_pdf, [(office, address)], site, catalogues.gettext, runtime.now())
    # as an attachment: browsers' PDF viewers fail under a policy that forbids inline content
    headers = {"Content-Disposition": f'attachment; filename="{office.slug}.pdf"', "Cache-Control": "no-store"}
    return Response(pdf, headers=headers, media_type="application/pdf")


routes = [Route("/staff/posters/{office}.pdf", download_poster)]
