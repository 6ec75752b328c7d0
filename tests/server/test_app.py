"""Order of the routes."""

from __future__ import annotations

from office360.queue.web import routes as queue_web
from office360.server.app import ROUTES


def test_ticket_sockets_come_first() -> None:
    assert ROUTES[: len(queue_web.SOCKET_ROUTES)] == queue_web.SOCKET_ROUTES
