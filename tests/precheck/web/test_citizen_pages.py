"""Pages of the connection test: access to results; unmeasured gates are never green."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from office360.offices.service import Office
from office360.precheck.actions import connection_tests
from office360.precheck.domain.measurement_times import Part
from office360.precheck.storage.measurement_schemas import MeasurementsMessage

from ...appointments.support.phone_mode import allow_phone
from ...conftest import AppServer
from ...rooms.support.video_appointments import AT, BookedVideoAppointment, book_video_appointment
from ...support.http_client import open_client

GOOD: dict[str, Any] = {
    "rtt_ms": 40,
    "jitter_ms": 5,
    "loss_up_pct": 0,
    "loss_down_pct": 0,
    "up_kbps": 4_000,
    "down_kbps": 4_000,
    "video_width": 640,
    "video_height": 480,
    "video_fps": 30,
    "path": "udp",
    "microphone_dbfs": -30,
    "camera_luma": 100,
    "camera_std": 40,
    "camera_moving": True,
}


async def report_test(server: AppServer, appointment: str | None = None, **different: Any) -> tuple[str, str]:
    """Make and report a test. Returns its code and token."""
    test, token = await connection_tests.create_test(server.runtime, "room", appointment)
    message = MeasurementsMessage.model_validate({**GOOD, **different})
    await connection_tests.add_report(server.runtime, token, message)
    return test.code or "", token


async def book_two_appointments(server: AppServer) -> tuple[BookedVideoAppointment, BookedVideoAppointment]:
    return await book_video_appointment(server.runtime, AT), await book_video_appointment(
        server.runtime, AT, "Elena", service="complaints"
    )


async def get_page(server: AppServer, path: str) -> tuple[int, str]:
    async with server.client() as client, client.get(path) as answer:
        return answer.status, await answer.text()


async def test_result_page_shows_verdict_and_code(app_server: AppServer) -> None:
    code, token = await report_test(app_server)
    status, text = await get_page(app_server, f"/test/{token}")
    assert status == 200
    assert 'class="said" data-verdict="green"' in text
    assert code in text


@pytest.mark.parametrize(
    "missing", ["rtt_ms", "loss_up_pct", "video_fps", "path", "microphone_dbfs", "camera_luma"]
)
async def test_missing_measurement_never_shows_as_green(app_server: AppServer, missing: str) -> None:
    _code, token = await report_test(app_server, **{missing: None})
    _status, text = await get_page(app_server, f"/test/{token}")
    assert 'class="said" data-verdict="unknown"' in text


async def test_page_without_report_is_unknown_and_shows_no_code(app_server: AppServer) -> None:
    test, token = await connection_tests.create_test(app_server.runtime, "room", None)
    _status, text = await get_page(app_server, f"/test/{token}")
    assert 'data-verdict="unknown"' in text
    assert str(test.code) not in text


async def test_unfinished_test_page_names_earlier_parts(app_server: AppServer) -> None:
    _test, token = await connection_tests.create_test(app_server.runtime, "room", None)
    now = app_server.runtime.now()
    moments = {Part.VOICE: now - timedelta(minutes=7), Part.DEVICES: now}
    how = connection_tests.ReportContext(finished=False, measurement_times=moments)
    await connection_tests.add_report(app_server.runtime, token, MeasurementsMessage(microphone_dbfs=-30), how)
    _status, text = await get_page(app_server, f"/test/{token}")
    assert "La prueba no se terminó." in text
    assert "Medido antes, hoy a las 10:23: micrófono y altavoz." in text
    assert "Terminar la prueba" in text


async def test_each_part_says_its_advice_once(app_server: AppServer) -> None:
    _code, token = await report_test(app_server, loss_up_pct=5, loss_down_pct=5, camera_luma=5)
    _status, text = await get_page(app_server, f"/test/{token}")
    parts = text.split('<tr class="todo">')[1:]
    advice = [re.findall(r"<li>([^<]+)</li>", part.partition("</tr>")[0]) for part in parts]
    assert len(advice) == 2
    assert all(advice)
    assert all(len(texts) == len(set(texts)) for texts in advice)


async def test_red_result_offers_telephone_and_visit(app_server: AppServer, office: Office) -> None:
    await allow_phone(app_server.runtime, office)
    amina = await book_video_appointment(app_server.runtime, AT)
    code, _token = await report_test(app_server, amina.token, path="none")
    _status, text = await get_page(app_server, f"/a/{amina.token}/test/{code}")
    assert f'href="/a/{amina.token}/test?with={code}&amp;mobile=1" data-main-step' in text
    assert 'href="tel:+34900000360"' in text
    assert f'href="/a/{amina.token}/reschedule?mode=phone"' in text
    assert f'href="/a/{amina.token}/reschedule?mode=in_person"' in text
    for query, words in (("", "Entrar de todos modos"), ("?camera=off", "Entrar solo con la voz")):
        assert f'href="/a/{amina.token}/room{query}"' in text
        assert words in text
    code, _token = await report_test(app_server, amina.token, up_kbps=78)
    _status, text = await get_page(app_server, f"/a/{amina.token}/test/{code}")
    assert f'href="/a/{amina.token}/reschedule?mode=phone" data-main-step' in text


async def test_amber_result_offers_no_other_mode(app_server: AppServer, office: Office) -> None:
    amina = await book_video_appointment(app_server.runtime, AT)
    code, _token = await report_test(app_server, amina.token, jitter_ms=44)
    _status, text = await get_page(app_server, f"/a/{amina.token}/test/{code}")
    assert f'href="/a/{amina.token}/test/walk" data-main-step' in text
    assert "reschedule" not in text


async def test_result_pages_are_not_cached_or_indexed(app_server: AppServer) -> None:
    _code, token = await report_test(app_server)
    async with app_server.client() as client, client.get(f"/test/{token}") as answer:
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["X-Robots-Tag"] == "noindex"


async def test_appointment_result_is_found_by_its_code(app_server: AppServer, office: Office) -> None:
    amina = await book_video_appointment(app_server.runtime, AT)
    code, _token = await report_test(app_server, amina.token)
    status, text = await get_page(app_server, f"/a/{amina.token}/test/{code}")
    assert (status, code in text) == (200, True)
    _status, start = await get_page(app_server, f"/a/{amina.token}/test")
    assert f"/a/{amina.token}/test/{code}" in start


async def test_appointment_link_cannot_read_other_tests(app_server: AppServer, office: Office) -> None:
    amina, elena = await book_two_appointments(app_server)
    code, _token = await report_test(app_server, elena.token)
    loose, _token = await report_test(app_server)
    for foreign in (code, loose, "K0-00", "nonsense"):
        status, _text = await get_page(app_server, f"/a/{amina.token}/test/{foreign}")
        assert status == 404
    assert (await get_page(app_server, "/test/room.nobody-has-this"))[0] == 404
    assert (await get_page(app_server, "/a/nobody-has-this/test"))[0] == 404


async def test_comparison_requires_two_results_of_one_appointment(app_server: AppServer, office: Office) -> None:
    amina, elena = await book_two_appointments(app_server)
    before, _token = await report_test(app_server, amina.token, loss_up_pct=5)
    now, _token = await report_test(app_server, amina.token)
    hers, _token = await report_test(app_server, elena.token)
    _status, text = await get_page(app_server, f"/a/{amina.token}/test/{now}?with={before}")
    assert "Antes y ahora" in text
    for other in (hers, now, "K0-00"):
        _status, text = await get_page(app_server, f"/a/{amina.token}/test/{now}?with={other}")
        assert "Antes y ahora" not in text


async def test_appointment_page_and_api_show_last_verdict(app_server: AppServer, office: Office) -> None:
    amina = await book_video_appointment(app_server.runtime, AT)
    _status, text = await get_page(app_server, f"/a/{amina.token}")
    assert "Antes, prueba tu conexión" in text
    assert (await get_appointment(app_server, amina.token))["test"] is None
    await report_test(app_server, amina.token)
    code, _token = await report_test(app_server, amina.token, video_fps=None)
    _status, text = await get_page(app_server, f"/a/{amina.token}")
    assert 'data-last-test="unknown"' in text
    found = await get_appointment(app_server, amina.token)
    assert (found["test"]["verdict"], found["test"]["code"]) == ("unknown", code)


async def get_appointment(server: AppServer, token: str) -> dict[str, Any]:
    async with server.client() as client, client.get(f"/api/v1/appointments/{token}") as answer:
        found: dict[str, Any] = await answer.json()
        return found


async def test_get_requests_create_no_test(app_server: AppServer, office: Office) -> None:
    amina = await book_video_appointment(app_server.runtime, AT)
    for path in ("/test", f"/a/{amina.token}/test"):
        for _time in range(3):
            assert (await get_page(app_server, path))[0] == 200
    async with app_server.runtime.read_session() as session:
        assert await connection_tests.test_summaries_of_appointment(session, amina.appointment.id) == []


async def test_result_page_is_shown_in_english(app_server: AppServer) -> None:
    _code, token = await report_test(app_server)
    async with open_client(app_server.url) as client, client.get(f"/test/{token}?lang=en") as answer:
        assert "Your video call will go well." in await answer.text()
