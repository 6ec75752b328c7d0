"""Models that serialise the answers of the calls about video rooms."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ...core.web.api_route import ApiResponse, Moment, listed_words
from ..domain.acceptance import AcceptanceState
from ..domain.call_survey import Rating
from ..domain.room_invite import GuestRole, InviteChannel, InviteState


class CalledBack(ApiResponse):
    """When the citizen was notified, and by which channels."""

    at: Moment
    channels: list[str]  # push, email, or channels that the citizen chose, such as sms


class QrCodeOfLink(ApiResponse):
    """The link as a QR code: `d` of an SVG path, a unit for each module, and its `viewBox`."""

    path: str
    view_box: str


class GuestInvite(ApiResponse):
    """An invitation. `link` and `qr` are null once a device has entered with the link."""

    id: str
    role: GuestRole
    name: str
    channel: Annotated[str, listed_words(InviteChannel)]
    contact: str | None
    state: Annotated[str, listed_words(InviteState)]
    participant: str | None
    created_at: Moment
    created_by: str
    sent_at: Moment
    link: str | None
    qr: QrCodeOfLink | None


class SentDocument(ApiResponse):
    """A document of a room. `from`: the participant's id."""

    id: str
    name: str
    size: int
    media_type: str | None
    sender_id: str = Field(alias="from")
    sender: str
    is_mine: bool
    at: Moment | None


class SentDocuments(ApiResponse):
    """The documents of a room, oldest first, with its limits."""

    documents: list[SentDocument]
    max_bytes: int
    max_documents: int


class OfferedText(ApiResponse):
    """A text that was offered to the citizen. `sha256`: of title, an empty line and body."""

    id: str
    title: str
    body: str
    language: str
    sha256: str
    state: AcceptanceState
    citizen: str
    agent: str
    offered_at: Moment
    answered_at: Moment | None
    code_channel: str | None
    code_sent_to: str | None
    code_until: Moment | None


class TextToOffer(ApiResponse):
    """A text of the office that staff can offer."""

    key: str
    title: str


class ContactForCode(ApiResponse):
    """A contact of the citizen that can get a code; `to` is masked."""

    channel: str
    to: str


class OfferedTexts(ApiResponse):
    """The texts of a room; `texts` for staff, `contacts` for the citizen."""

    acceptances: list[OfferedText]
    texts: list[TextToOffer]
    contacts: list[ContactForCode]


class CallRatings(ApiResponse):
    """The ratings of a call by a person. They can be changed until `changeable_until`."""

    overall: Rating
    sound: Rating | None
    picture: Rating | None
    words: str | None
    at: Moment
    changeable_until: Moment


class DocumentUpload(ApiResponse):
    """A document on its way. The next part begins at `received`."""

    id: str
    name: str
    size: int
    received: int
    max_part_bytes: int
    is_complete: bool
