"""Download of a test's report as plain text and JSON, for citizens and staff."""

from __future__ import annotations

import json
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...appointments.service import appointment_at_address
from ...core.web import requests
from ..actions import connection_tests
from ..domain.details_json import build_full_report_json
from ..domain.report import ConnectionTest
from .api import load_test_for_staff
from .report_page import technical_page_context
from .staff_pages import current_staff_user, timezone_for_test


async def download_own_report(request: Request) -> Response:
    """`/test/{test}/report.txt` and `.json`: the report of a test without appointment."""
    async with requests.current_runtime(request).read_session() as session:
        test = await connection_tests.find_test_by_token(session, request.path_params["test"])
        return await _report_file(request, session, test)


async def download_appointment_report(request: Request) -> Response:
    """`/a/{token}/test/{code}/report.txt` and `.json`: a report of this appointment."""
    token, code = request.path_params["token"], request.path_params["code"]
    async with requests.current_runtime(request).read_session() as session:
        appointment = await appointment_at_address(request, session, token)
        test = await connection_tests.find_test_of_appointment(session, appointment.id, code)
        return await _report_file(request, session, test)


async def download_report_for_staff(request: Request) -> Response:
    """`/staff/tests/{code}/report.txt` and `.json`: a citizen's report by the dictated code."""
    principal = await current_staff_user(request)
    if principal is None:
        return requests.see_other(f"/staff/?next={quote(request.url.path)}")
    runtime = requests.current_runtime(request)
    test = await load_test_for_staff(runtime, principal, request.path_params["code"])
    async with runtime.read_session() as session:
        return await _report_file(request, session, test)


async def _report_file(request: Request, session: AsyncSession, test: ConnectionTest) -> Response:
    """Build the file of the kind that the path names, in the reader's language."""
    language, t = requests.current_language(request), requests.current_gettext(request)
    report = build_full_report_json(test, language, t)
    kind = request.url.path.rpartition(".")[2]
    if kind == "json":
        body, media_type = json.dumps(report, ensure_ascii=False, indent=2) + "\n", "application/json"
    else:
        zone = await timezone_for_test(session, test)
        body, media_type = technical_page_context(test, report, zone, language, t)["report_text"], "text/plain"
    name = f"office360-test-{test.code}" if test.code else "office360-test"
    headers = {**requests.PRIVATE_PAGE_HEADERS, "Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(body, headers=headers, media_type=media_type)


routes = [
    Route(f"{page}/report.{kind}", endpoint, methods=["GET"])
    for page, endpoint in (
        ("/test/{test}", download_own_report),
        ("/a/{token}/test/{code}", download_appointment_report),
        ("/staff/tests/{code}", download_report_for_staff),
    )
    for kind in ("txt", "json")
]
