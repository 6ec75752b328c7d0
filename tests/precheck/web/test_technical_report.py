"""Technical report: its tables, its plain text, its files and their access."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from office360.core.auth import StaffRole
from office360.core.i18n.catalogues import Catalogues
from office360.offices.service import Office
from office360.precheck.actions import connection_tests
from office360.precheck.domain.fault_location import RoomHealth
from office360.precheck.domain.report import ConnectionTest, build_report_json
from office360.precheck.storage.measurement_schemas import MeasurementsMessage
from office360.precheck.web.report_page import compare_details, technical_page_context
from office360.precheck.web.technical_report import build_report_tables
from office360.staff.actions.accounts import create_user

from ...conftest import AppServer
from ...rooms.support.video_appointments import AT, book_video_appointment
from ...staff.conftest import PASSWORD, sign_in
from ...support.office_fixture import build_office
from ..support.detailed_test import DETAILED

FOLDER = Path(__file__).parent.parent.parent.parent / "precheck"
MEASURED_AT = datetime(2026, 11, 25, 9, 31, tzinfo=UTC)
TABLES = ["phases", "path", "relays", "load", "samples", "device", "room"]


def translate(language: str) -> Any:
    return Catalogues([FOLDER]).translations(language).gettext


def build_test(**measured: Any) -> ConnectionTest:
    message = MeasurementsMessage.model_validate(measured)
    return ConnectionTest(
        "id",
        "K7-42",
        None,
        None,
        MEASURED_AT,
        MEASURED_AT,
        message.to_measurements(),
        message.to_hints(),
        RoomHealth(6.2, True),
        details=message.details.to_details(),
    )


def page_context(test: ConnectionTest, language: str) -> dict[str, Any]:
    report = build_report_json(test, language, translate(language))
    return technical_page_context(test, report, ZoneInfo("Europe/Madrid"), language, translate(language))


def table_rows(language: str, name: str, **measured: Any) -> list[tuple[str, ...]]:
    tables = build_report_tables(build_test(**measured), language, translate(language))
    return [(row.label, *row.values) for table in tables if table.name == name for row in table.rows]


# Tables


def test_tables_follow_the_order_of_the_report() -> None:
    tables = build_report_tables(build_test(**DETAILED), "es", translate("es"))
    assert [table.name for table in tables] == TABLES


def test_older_test_has_no_details_in_its_report() -> None:
    older: dict[str, Any] = {
        "rtt_ms": 84,
        "rtt_min_ms": 38,
        "limited_by": "cpu",
        "ways": {"udp": {"ok": True, "rtt_ms": 90}},
    }
    context = page_context(build_test(**older), "es")
    assert (context["tables"], context["plots"]) == ([], [])
    assert "84 ms" in context["report_text"]


def test_missing_phase_is_named_and_not_counted() -> None:
    assert [values for _label, values in table_rows("es", "phases", **DETAILED)] == [
        "120 ms",
        "60 ms",
        "sin medir",
        "420 ms",
        "600 ms",
    ]


def test_phase_bars_stand_one_after_another() -> None:
    (phases, *_rest) = build_report_tables(build_test(**DETAILED), "en", translate("en"))
    bars = [row.bar and (row.bar.start, row.bar.width) for row in phases.rows]
    assert bars == [(0, 20), (20, 10), None, (30, 70), None]


def test_relays_show_closed_and_untried_ways() -> None:
    assert table_rows("en", "relays", **DETAILED) == [
        ("UDP", "90 ms", "31 ms", "4 % of 100"),
        ("TCP", "not measured", "–", "–"),
        ("TLS", "closed", "–", "–"),
    ]


def test_delays_under_load_are_compared_if_both_tests_have_them() -> None:
    now, t = build_test(**DETAILED), translate("en")
    before = build_test(**{**DETAILED, "rtt_loaded_up_ms": None, "rtt_loaded_down_ms": 90})
    (row,) = compare_details(before, now, "en", t)
    assert (row["before"]["shown"], row["now"]["shown"]) == ("90 ms", "120 ms")
    assert compare_details(None, now, "en", t) == []


# Plain text


def test_text_report_has_columns_in_the_language_of_the_reader() -> None:
    test = build_test(**DETAILED)
    text = page_context(test, "es")["report_text"]
    for line in (
        "Código de prueba        K7-42",
        "Medido el               25 de noviembre de 2026, 10:31 (UTC+01:00)",
        f"Dónde está el problema  {build_report_json(test, 'es', translate('es'))['text']}",
        "UDP            90 ms         31 ms          4 % de 100",
        "Al enviar a toda velocidad   640 ms",
        "Ida y vuelta          de 80 a 300 ms, lo habitual 84 ms",
        "Pérdida, al enviar    de 0 a 6,2 %, lo habitual 3,1 %",
    ):
        assert line in text.splitlines(), line
    english = page_context(test, "en")["report_text"]
    assert "Packets lost when sending     3.1 % of 1,240\n" in english


def test_plots_share_a_time_axis_and_say_their_figures() -> None:
    plots = page_context(build_test(**DETAILED), "en")["plots"]
    assert [(plot.title, plot.unit, len(plot.lines)) for plot in plots] == [
        ("There and back", "ms", 1),
        ("Loss", "%", 2),
        ("Speed", "kb/s", 1),
    ]
    assert {plot.svg.count(">2 s</text>") for plot in plots} == {2}  # of both sizes
    assert "Sending: from 600 to 640 kb/s, usually 620 kb/s." in plots[2].svg


# Files


async def report_detailed_test(server: AppServer, appointment: str | None = None) -> tuple[str, str]:
    test, token = await connection_tests.create_test(server.runtime, "room", appointment)
    await connection_tests.add_report(server.runtime, token, MeasurementsMessage.model_validate(DETAILED))
    return test.code or "", token


async def test_citizen_downloads_text_and_json(app_server: AppServer) -> None:
    code, token = await report_detailed_test(app_server)
    async with app_server.client() as client:
        async with client.get(f"/test/{token}") as answer:
            page = await answer.text()
        async with client.get(f"/test/{token}/report.txt?lang=en") as answer:
            text, headers = await answer.text(), answer.headers
        async with client.get(f"/test/{token}/report.json") as answer:
            report = await answer.json()
            assert answer.headers["Content-Disposition"] == f'attachment; filename="office360-test-{code}.json"'
    assert f'href="/test/{token}/report.txt"' in page
    assert headers["Content-Disposition"] == f'attachment; filename="office360-test-{code}.txt"'
    assert "no-store" in headers["Cache-Control"]
    assert (headers["Content-Type"], headers["X-Robots-Tag"]) == ("text/plain; charset=utf-8", "noindex")
    assert "Connection test: technical report" in text
    assert report["details"]["ways"]["udp"]["packets"] == 100
    assert report["details"]["series"]["rtt_ms"] == [[0, 80], [1, 84], [2, 300]]
    assert token not in text + json.dumps(report)


async def test_appointment_downloads_its_own_reports_only(app_server: AppServer, office: Office) -> None:
    amina = await book_video_appointment(app_server.runtime, AT)
    code, _token = await report_detailed_test(app_server, amina.token)
    loose, _token = await report_detailed_test(app_server)
    async with app_server.client() as client:
        for kind in ("txt", "json"):
            async with client.get(f"/a/{amina.token}/test/{code}/report.{kind}") as answer:
                text = await answer.text()
            assert (answer.status, code in text) == (200, True)
            assert not {amina.token, amina.appointment.id, "Amina"} & set(text.replace('"', " ").split())
            for foreign in (loose, "K0-00", "nonsense"):
                async with client.get(f"/a/{amina.token}/test/{foreign}/report.{kind}") as answer:
                    assert answer.status == 404


@pytest.mark.parametrize(("offices", "status"), [(["centro"], 200), (["norte"], 404)])
async def test_staff_download_reports_of_their_offices(
    app_server: AppServer, office: Office, offices: list[str], status: int
) -> None:
    amina = await book_video_appointment(app_server.runtime, AT)
    code, _token = await report_detailed_test(app_server, amina.token)
    await build_office(app_server.runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
    await create_user(
        app_server.runtime,
        username="boris",
        name="Boris",
        role=StaffRole.AGENT,
        offices=offices,
        password=PASSWORD,
    )
    async with app_server.client() as client:
        path = f"/staff/tests/{code}/report.txt"
        async with client.get(path, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, f"/staff/?next={path}")
        await sign_in(client, "boris")
        async with client.get(path) as answer:
            text = await answer.text()
        assert (answer.status, "H264" in text) == (status, status == 200)
        async with client.get(f"/staff/tests/{code}") as answer:
            page = await answer.text()
        assert (f'href="{path}"' in page, "?repeat=" in page) == (status == 200, False)


async def test_result_page_repeats_each_part_alone(app_server: AppServer) -> None:
    _code, token = await report_detailed_test(app_server)
    async with app_server.client() as client, client.get(f"/test/{token}") as answer:
        page = await answer.text()
    for part in ("network", "devices", "voice"):
        assert f'href="/test?repeat={part}"' in page
