"""Sessions of this process that receive `lobby` messages. Does not change rooms."""

from __future__ import annotations

from functools import partial

from ...core.bus.base import BusMessage
from ...core.json_types import JsonObject
from ...core.runtime import Runtime
from ...signaling.connection import SocketConnection
from ...signaling.topic_hub import TopicHub
from ..actions.room_transaction import lobby_topic
from ..domain.admission_forecast import AdmissionRange
from ..domain.room import ParticipantState
from ..queries.room_lists import LobbyUpdate, lobby_updates
from .admission_forecasts import AdmissionForecasts
from .live_room import LiveRoom
from .participant_session import RoomSession

# a join is announced by its room, its office and its process
DEBOUNCE_S = 0.02
# at most a tenth of a core for the positions of an office
COOLDOWN_FACTOR = 10.0


class LobbySubscribers:
    """Subscriptions of guests' sessions to the lobby topics of their offices.

    A message of that topic says that the people waiting, or the agents' states, have changed.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._hub = TopicHub(runtime.bus)
        self._forecasts = AdmissionForecasts()

    async def subscribe(self, room: LiveRoom, session: RoomSession, connection: SocketConnection) -> None:
        if room.room.get_participant(session.participant_id).is_staff:
            return
        topic = lobby_topic(room.office_slug)
        await self._hub.subscribe(
            topic,
            connection,
            session,
            partial(self._send_updates, room.office_id),
            debounce_s=DEBOUNCE_S,
            cooldown_factor=COOLDOWN_FACTOR,
        )
        if _is_waiting(session):
            self._hub.request_refresh(topic)

    async def unsubscribe(self, office_slug: str, connection: SocketConnection) -> None:
        await self._hub.unsubscribe(lobby_topic(office_slug), connection)

    def request_refresh(self, office_slug: str) -> None:
        self._hub.request_refresh(lobby_topic(office_slug))

    def request_all_refreshes(self) -> None:
        for topic in self._hub.topics():
            self._hub.request_refresh(topic)

    async def _send_updates(self, office_id: str, topic: str, _message: BusMessage | None) -> None:
        """Send a `lobby` message to each waiting session whose position, agent or text changed."""
        waiting = [session for session in self._hub.members(topic).values() if _is_waiting(session)]
        if not waiting:
            return
        async with self._runtime.read_session() as db:
            updates = await lobby_updates(db, office_id)
            ranges = await self._forecasts.ranges(db, office_id, self._runtime.now())
        for session in waiting:
            update = updates.get(session.participant_id)
            if update is not None and _is_waiting(session):  # may have been admitted meanwhile
                _send_update(session, update, ranges.get(update.appointment_id))

    async def close(self) -> None:
        await self._hub.close()


def _is_waiting(session: RoomSession) -> bool:
    return session.last_view is not None and session.last_view.state is ParticipantState.LOBBY


def _send_update(session: RoomSession, update: LobbyUpdate, eta: AdmissionRange | None) -> None:
    message: JsonObject = {"type": "lobby", "position": update.position, "agent": update.agent.value}
    if update.agent_name:
        message["agent_name"] = update.agent_name
    if update.message:
        message["message"] = update.message
    if eta is not None:
        message["eta"] = {"earliest": eta.earliest.isoformat(), "latest": eta.latest.isoformat()}
    if message != session.last_lobby_message:
        session.last_lobby_message = message
        session.send_numbered(message)
