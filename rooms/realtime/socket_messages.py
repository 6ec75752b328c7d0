"""What clients say on /ws/room, typed. Every other field of a message is ignored, a client's own `from` too."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from ...core.web.validation import EmptyIsNone, PersonName
from ..domain.room import AgentState, Media

CHAT_CHARACTERS = 2_000
MESSAGE_CHARACTERS = 500  # read at a glance by somebody who waits

ParticipantId = Annotated[str, StringConstraints(min_length=1, max_length=26)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


OptionalName = Annotated[PersonName | None, EmptyIsNone]


class Resume(BaseModel):
    """The session to go on with, and the last `seq` that arrived."""

    session: str = Field(max_length=64)
    seq: int = Field(ge=0)


class Hello(BaseModel):
    """Who comes: by the appointment's token, as staff, or back again. With both, coming back is tried first."""

    token: str | None = Field(None, max_length=64)
    appointment: str | None = Field(None, max_length=26)
    key: str | None = Field(None, max_length=128)
    resume: Resume | None = None


class Join(BaseModel):
    name: OptionalName = None
    test_code: Annotated[str, StringConstraints(strip_whitespace=True, max_length=16)] | None = None


class AboutParticipant(BaseModel):
    participant: ParticipantId


class LobbyMessage(BaseModel):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MESSAGE_CHARACTERS)]
    participant: ParticipantId | None = None


class SetAgentState(BaseModel):
    state: AgentState


class End(BaseModel):
    outcome: Word | None = None


class Chat(BaseModel):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class MediaState(BaseModel):
    audio: bool = True
    video: bool = True
    screen: bool = False

    def media(self) -> Media:
        """As the rules know it."""
        return Media(self.audio, self.video, self.screen)


class Quality(BaseModel):
    """What a client measured over its last seconds. All optional; nothing but figures is kept."""

    rtt_ms: float | None = Field(None, ge=0, le=60_000)
    jitter_ms: float | None = Field(None, ge=0, le=60_000)
    loss_up_pct: float | None = Field(None, ge=0, le=100)
    loss_down_pct: float | None = Field(None, ge=0, le=100)
    up_kbps: float | None = Field(None, ge=0, le=1_000_000)
    down_kbps: float | None = Field(None, ge=0, le=1_000_000)
    video_width: int | None = Field(None, ge=0, le=16_384)
    video_height: int | None = Field(None, ge=0, le=16_384)
    video_fps: float | None = Field(None, ge=0, le=1_000)
    path: Literal["udp", "tcp", "tls", "none"] | None = None
    reason: Word | None = None


class Consent(BaseModel):
    """Which text was agreed to, or not. `text` names it, such as `video_call_v1`."""

    text: Word
    accepted: bool


class Checklist(BaseModel):
    """What the agent has checked of a person's identity."""

    items: dict[Word, bool] = Field(max_length=20)
