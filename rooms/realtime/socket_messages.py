"""Types of the client's messages on /ws/room. Unknown fields are ignored, also `from`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from ...appointments.service import MAX_NOTE_CHARACTERS
from ...core.web.validation import EmptyIsNone, PersonName
from ..domain.identity_check import DocumentKind, DocumentSide, IdentityResult
from ..domain.room import AgentState, SentMedia

MAX_CHAT_CHARACTERS = 2_000
# a message that a waiting person reads at a glance
MAX_LOBBY_MESSAGE_CHARACTERS = 500

ParticipantId = Annotated[str, StringConstraints(min_length=1, max_length=26)]
SnakeCaseWord = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[a-z][a-z0-9_]*$", max_length=40)
]
# A key of the office's list of outcomes, or an outcome of a video call
OutcomeKey = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=40)
]
OptionalPersonName = Annotated[PersonName | None, EmptyIsNone]


class ResumeRequest(BaseModel, defer_build=True):
    """Session to resume, and the last `seq` that the client received."""

    session: str = Field(max_length=64)
    seq: int = Field(ge=0)


class RoomHello(BaseModel, defer_build=True):
    """First message: a citizen's token, a staff member's appointment, a session to resume.

    With `resume` and another field, resuming is tried first. `acks`: the client confirms received
    messages by `ack`.
    """

    token: str | None = Field(None, max_length=64)
    appointment: str | None = Field(None, max_length=26)
    key: str | None = Field(None, max_length=128)
    resume: ResumeRequest | None = None
    acks: bool = False


class JoinCommand(BaseModel, defer_build=True):
    """Enter the lobby.

    `test`: the token of a connection test; `test_code`: its spoken code, which can be guessed.
    """

    name: OptionalPersonName = None
    test: Annotated[str, StringConstraints(strip_whitespace=True, max_length=128)] | None = None
    test_code: Annotated[str, StringConstraints(strip_whitespace=True, max_length=16)] | None = None


class LobbyTestCommand(BaseModel, defer_build=True):
    """Show staff the result of the sender's test. `test`: its token."""

    test: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]


class ParticipantCommand(BaseModel, defer_build=True):
    participant: ParticipantId


class LobbyMessageCommand(BaseModel, defer_build=True):
    text: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_LOBBY_MESSAGE_CHARACTERS)
    ]
    participant: ParticipantId | None = None


class AgentStateCommand(BaseModel, defer_build=True):
    state: AgentState


class EndCommand(BaseModel, defer_build=True):
    """End of the call. `note` is for colleagues only and is sent to no participant."""

    outcome: OutcomeKey | None = None
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NOTE_CHARACTERS)] | None = None


class ChatCommand(BaseModel, defer_build=True):
    """A chat line. A client that sends a line again gives it the same `id`."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    id: Annotated[str, StringConstraints(max_length=64)] | int | None = None


class AckCommand(BaseModel, defer_build=True):
    """The client has all messages up to this number."""

    seq: int = Field(ge=0)


class MediaStateCommand(BaseModel, defer_build=True):
    audio: bool = True
    video: bool = True
    screen: bool = False
    lost: list[Literal["camera", "microphone"]] = Field(default_factory=list, max_length=2)

    def to_sent_media(self) -> SentMedia:
        return SentMedia(self.audio, self.video, self.screen, tuple(self.lost))


class QualityCommand(BaseModel, defer_build=True):
    """Measurements of a client over the last seconds. All are optional."""

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
    reason: SnakeCaseWord | None = None
    concealed_up_pct: float | None = Field(None, ge=0, le=100)  # of the sender's voice, as the others hear it
    concealed_down_pct: float | None = Field(None, ge=0, le=100)  # of the others' voices
    available_up_kbps: float | None = Field(None, ge=0, le=1_000_000)  # the browser's estimate


class SoundOnlyCommand(BaseModel, defer_build=True):
    """The sender stopped the picture in favour of the voice, or sends it again, and why."""

    on: bool
    reason: Literal["weak_connection", "own_choice", "recovered", "no_help"]


class ConsentCommand(BaseModel, defer_build=True):
    """Consent to a text, given or refused. `text` is its name, such as `video_call_v1`."""

    text: SnakeCaseWord
    accepted: bool


class ChecklistCommand(BaseModel, defer_build=True):
    """Steps of the identity check that the agent has ticked, by name, and its result.

    `document`: the kind that was shown.
    """

    items: dict[SnakeCaseWord, bool] = Field(max_length=20)
    document: DocumentKind | None = None
    result: IdentityResult | None = None


class ShowDocumentCommand(BaseModel, defer_build=True):
    """Staff ask the citizen to show a side of a document."""

    side: DocumentSide


class DocumentShownCommand(BaseModel, defer_build=True):
    """How the citizen's page answers: it begins to show, has shown, or does not show."""

    side: DocumentSide
    state: Literal["showing", "shown", "declined", "failed"]


class ByPhoneCommand(BaseModel, defer_build=True):
    """The conversation goes on by telephone, or that is taken back."""

    on: bool
