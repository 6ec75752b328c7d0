"""A new office in processes that run already: its screen follows it without a restart."""

from __future__ import annotations

from typing import Any

from office360.core.db.audit_entries import AuditActor
from office360.management.actions.change_office import add_office, change_office
from office360.offices.service import office_by_slug
from office360.server.settings import Settings

from ....conftest import FakeClock, serve_app
from ....queue.conftest import OfficeDriver
from ....queue.support.sockets import SocketClient

ACTOR = AuditActor(None, "test")
PLACE = {"name": "Oficina de Getafe", "address": "Plaza Mayor, 1", "timezone": "Europe/Madrid", "listed": False}
PARTS: dict[str, Any] = {
    "lines": {"registro": {"letter": "R", "names": {"es": "Registro"}}},
    "services": {
        "documents": {"line": "registro", "names": {"es": "Registro"}, "minutes": 10, "modes": ["in_person"]}
    },
    "desks": {"1": {"way": {"es": "Al fondo"}, "arrow": "left", "lines": ["registro"]}},
    "hours": {"wednesday": ["09:00-14:00"]},
}


async def test_screen_of_other_process_follows_a_new_office(
    settings: Settings, clock: FakeClock, redis_url: str
) -> None:
    shared = settings.model_copy(update={"redis_url": redis_url})
    async with serve_app(shared, clock) as first, serve_app(shared, clock) as second, second.client() as client:
        await add_office(first.runtime, ACTOR, "centro", PLACE)
        async with client.ws_connect("/ws/display") as socket:
            await socket.send_json({"type": "hello", "office": "centro"})
            display = SocketClient(socket)
            await display.wait_for_frame(type="board", state="closed")
            await change_office(first.runtime, ACTOR, "centro", lambda office: {**office, **PARTS})
            await display.wait_for_frame(state="open")
            async with first.runtime.read_session() as session:
                office = await office_by_slug(session, "centro")
            await OfficeDriver(first.runtime, office).call_new_ticket()
            while not (calls := (await display.next_frame())["calls"]):
                continue
    assert [(call["code"], call["desk"]) for call in calls] == [("R-001", "1")]
