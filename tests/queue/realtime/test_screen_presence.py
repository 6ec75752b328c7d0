"""Waiting-room screens with a name: which sockets are a screen, and when it was last seen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from office360.core.db.write_conflicts import WriteConflict
from office360.core.tokens import TokenSigner
from office360.offices.service import Office, office_by_slug
from office360.queue.domain.display_screen import DisplayScreen, screen_id_of_key, screen_key
from office360.queue.realtime.screen_presence import mark_connected_screens
from office360.queue.storage import screen_rows

from ...conftest import MORNING, AppServer, FakeClock
from .test_display_board import display_socket


async def named_screen(server: AppServer) -> str:
    async with server.runtime.transaction() as tx:
        office = await office_by_slug(tx.session, "centro")
        return await screen_rows.insert_screen(tx.session, office.id, "Entrada", tx.now)


async def load_all_screens(server: AppServer) -> dict[str | None, DisplayScreen]:
    async with server.runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
        return {screen.name: screen for screen in await screen_rows.load_screens(session, [office.id])}


async def mark(server: AppServer) -> None:
    await mark_connected_screens(server.runtime, server.lifespan_state["hub"])


def hello(screen: Any) -> dict[str, Any]:
    return {"type": "hello", "office": "centro", "screen": screen, "width": 1920, "height": True}


async def test_named_screen_is_seen_while_connected(
    app_server: AppServer, office: Office, clock: FakeClock
) -> None:
    screen_id = await named_screen(app_server)
    assert (await load_all_screens(app_server))["Entrada"].last_seen_at is None
    async with display_socket(app_server, hello(screen_key(app_server.runtime.tokens, screen_id))) as screen:
        await screen.next_frame()
        seen = (await load_all_screens(app_server))["Entrada"]
        assert (seen.width, seen.height) == (1920, None)
        clock.advance(minutes=2)
        await mark(app_server)
    assert (await load_all_screens(app_server))["Entrada"].last_seen_at == app_server.runtime.now()
    clock.advance(minutes=3)
    await mark(app_server)
    assert (await load_all_screens(app_server))["Entrada"].is_lost(app_server.runtime.now())


@pytest.mark.parametrize("key", [None, "", "01SCREEN.wrong", 7])
async def test_screens_without_key_share_one_row(app_server: AppServer, office: Office, key: Any) -> None:
    await named_screen(app_server)
    async with display_socket(app_server, hello(key)) as screen, display_socket(app_server, hello(key)) as other:
        await screen.next_frame()
        await other.next_frame()
        await mark(app_server)
        await mark(app_server)
    screens = await load_all_screens(app_server)
    assert set(screens) == {"Entrada", None}
    assert screens["Entrada"].last_seen_at is None
    assert screens[None].last_seen_at is not None


async def test_two_screens_of_an_office_differ_in_name(app_server: AppServer, office: Office) -> None:
    await named_screen(app_server)
    with pytest.raises(WriteConflict):
        await named_screen(app_server)


def test_key_names_only_its_own_screen() -> None:
    tokens = TokenSigner(["a secret of the screens, long enough"])
    key = screen_key(tokens, "01SCREEN")
    assert screen_id_of_key(tokens, key) == "01SCREEN"
    assert screen_id_of_key(tokens, key.replace("01SCREEN", "01OTHER")) is None
    screen = DisplayScreen("01SCREEN", "o", "Entrada", MORNING, None, None, None, None)
    assert not screen.is_lost(MORNING + timedelta(days=1))  # it was never opened
