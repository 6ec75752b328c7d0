"""Pages that citizens read from afar say that an office is being evacuated."""

from __future__ import annotations

from office360.core.auth import Principal, StaffRole
from office360.offices.service import Office
from office360.queue.actions.pause import evacuate_office, resume_office

from ...conftest import AppServer
from ...rooms.support.video_appointments import AT, book_video_appointment
from ...support.http_client import open_client

CARMEN = Principal("carmen", "Carmen", StaffRole.HOST, None)
WARNINGS = {"es": "Ahora se está evacuando Oficina Centro", "en": "Oficina Centro is being evacuated now"}


async def test_pages_of_evacuated_office_say_so(app_server: AppServer, office: Office) -> None:
    token = (await book_video_appointment(app_server.runtime, AT)).token
    paths = (f"/a/{token}", f"/a/{token}/test", "/appointments/new?office=centro&service=certificate")

    async def warned(language: str) -> list[bool]:
        async with open_client(app_server.url) as client:
            answers = [await client.get(path, params={"lang": language}) for path in paths]
            return [WARNINGS[language] in await answer.text() for answer in answers]

    await evacuate_office(app_server.runtime, CARMEN, "centro", lambda office: {"es": "Sal.", "en": "Leave."})
    assert [await warned("es"), await warned("en")] == [[True] * 3, [True] * 3]
    async with open_client(app_server.url) as client:
        offices = await (await client.get("/api/v1/offices")).json()
    assert [(listed["paused"], listed["evacuation"]) for listed in offices] == [(True, True)]
    await resume_office(app_server.runtime, CARMEN, "centro")
    assert await warned("es") == [False] * 3
