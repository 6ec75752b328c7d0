"""OpenAPI description of the calls about video rooms: one entry for each route of the API."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ...core.web.authentication import UPLOAD_MEDIA_TYPE
from ...core.web.openapi import ApiAccess, ApiOperation, ApiOperations, ApiResponse, JsonArray, NonJsonBody
from ..domain.acceptance import AcceptanceState
from ..domain.call_survey import Rating
from .acceptances_api import AcceptMessage, CodeMessage, OfferMessage
from .documents_api import DocumentMessage
from .room_invites_api import GuestRole, InviteMessage
from .survey_form import SurveyMessage


class CalledBack(ApiResponse):
    """When the citizen was notified, and by which channels."""

    at: datetime
    channels: list[Literal["push", "sms", "email"]]


class QrCodeOfLink(ApiResponse):
    """The link as a QR code: `d` of an SVG path, one unit a module, and its `viewBox`."""

    path: str
    view_box: str


class GuestInvite(ApiResponse):
    """An invitation. `link` and `qr` are null once a device has entered with the link."""

    id: str
    role: GuestRole
    name: str
    channel: Literal["email", "sms", "link"]
    contact: str | None
    state: Literal["sent", "opened", "lobby", "admitted", "left", "withdrawn"]
    participant: str | None
    created_at: datetime
    created_by: str
    sent_at: datetime
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
    at: datetime | None


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
    offered_at: datetime
    answered_at: datetime | None
    code_channel: str | None
    code_sent_to: str | None
    code_until: datetime | None


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
    """The ratings of a call by one person. They can be changed until `changeable_until`."""

    overall: Rating
    sound: Rating | None
    picture: Rating | None
    words: str | None
    at: datetime
    changeable_until: datetime


class DocumentUpload(ApiResponse):
    """A document on its way. The next part begins at `received`."""

    id: str
    name: str
    size: int
    received: int
    max_part_bytes: int
    is_complete: bool


# For staff, who give the appointment's id in place of the token.
STAFF_REFUSALS = ("forbidden", "csrf")
CALL_REFUSALS = ("not_admitted", "room_over")
OPERATIONS: ApiOperations = {
    "GET /rooms/{appointment}/documents": ApiOperation(
        "The documents of a video room",
        ApiAccess.TOKEN,
        {200: SentDocuments},
        error_codes={403: (*STAFF_REFUSALS, "not_of_this_room"), 409: ("not_admitted",)},
    ),
    "POST /rooms/{appointment}/documents": ApiOperation(
        "Begin to send a document, or go on with it",
        ApiAccess.TOKEN,
        {200: DocumentUpload, 201: DocumentUpload},
        request_body=DocumentMessage,
        error_codes={403: STAFF_REFUSALS, 409: ("not_admitted", "room_over", "too_many_documents")},
    ),
    "PATCH /rooms/{appointment}/documents/{id}": ApiOperation(
        "Send the bytes of a document from `Upload-Offset` on",
        ApiAccess.TOKEN,
        {200: DocumentUpload},
        request_body=NonJsonBody(UPLOAD_MEDIA_TYPE),
        error_codes={
            400: ("malformed",),
            403: STAFF_REFUSALS,
            409: (
                *CALL_REFUSALS,
                "wrong_offset",
                "wrong_part",
                "document_type",
                "document_damaged",
                "document_infected",
            ),
            503: ("unavailable", "document_being_checked"),
        },
    ),
    "GET /rooms/{appointment}/documents/{id}": ApiOperation(
        "The content of a document",
        ApiAccess.TOKEN,
        {200: NonJsonBody("application/octet-stream")},
        error_codes={403: (*STAFF_REFUSALS, "not_of_this_room"), 409: ("not_admitted",)},
    ),
    "GET /rooms/{appointment}/acceptances": ApiOperation(
        "The texts that were offered in a video room",
        ApiAccess.TOKEN,
        {200: OfferedTexts},
        error_codes={403: (*STAFF_REFUSALS, "not_of_this_room"), 409: ("not_admitted",)},
    ),
    "POST /rooms/{appointment}/acceptances": ApiOperation(
        "Offer the citizen a text of the office; for staff",
        ApiAccess.TOKEN,
        {201: OfferedText},
        request_body=OfferMessage,
        error_codes={
            403: (*STAFF_REFUSALS, "staff_only"),
            409: (*CALL_REFUSALS, "citizen_not_in_call", "too_many_offers", "no_contact_for_code"),
        },
    ),
    "POST /rooms/{appointment}/acceptances/{id}/code": ApiOperation(
        "Send the citizen a one-time code",
        ApiAccess.TOKEN,
        {200: OfferedText},
        request_body=CodeMessage,
        error_codes={
            403: (*STAFF_REFUSALS, "citizen_only"),
            409: (*CALL_REFUSALS, "already_answered", "no_contact_for_code"),
        },
    ),
    "POST /rooms/{appointment}/acceptances/{id}/accept": ApiOperation(
        "Accept a text with the code last sent",
        ApiAccess.TOKEN,
        {200: OfferedText},
        request_body=AcceptMessage,
        error_codes={
            403: (*STAFF_REFUSALS, "citizen_only"),
            409: (
                *CALL_REFUSALS,
                "already_answered",
                "no_code_sent",
                "code_expired",
                "code_spent",
                "wrong_acceptance_code",
            ),
        },
    ),
    "POST /rooms/{appointment}/acceptances/{id}/decline": ApiOperation(
        "Do not accept a text",
        ApiAccess.TOKEN,
        {200: OfferedText},
        error_codes={403: (*STAFF_REFUSALS, "citizen_only"), 409: (*CALL_REFUSALS, "already_answered")},
    ),
    "POST /rooms/{appointment}/acceptances/{id}/withdraw": ApiOperation(
        "Take an offered text back; for staff",
        ApiAccess.TOKEN,
        {200: OfferedText},
        error_codes={403: (*STAFF_REFUSALS, "staff_only"), 409: (*CALL_REFUSALS, "already_answered")},
    ),
    "DELETE /rooms/{appointment}/documents/{id}": ApiOperation(
        "Delete a document that the caller has sent",
        ApiAccess.TOKEN,
        {204: None},
        error_codes={403: (*STAFF_REFUSALS, "not_of_this_room", "not_your_document"), 409: ("not_admitted",)},
    ),
    "POST /rooms/{appointment}/survey": ApiOperation(
        "Rate a call that is over; for the citizen and guests, changeable for a day",
        ApiAccess.TOKEN,
        {200: CallRatings},
        request_body=SurveyMessage,
        error_codes={403: (*STAFF_REFUSALS, "not_in_the_call"), 409: ("call_not_over", "survey_closed")},
    ),
    "POST /rooms/{appointment}/call-back": ApiOperation(
        "Notify the absent citizen of a video call; once a minute",
        ApiAccess.AGENT,
        {200: CalledBack},
        error_codes={
            403: ("not_video", "not_confirmed", "too_early_for_room"),
            409: ("citizen_present", "called_back_already", "no_contact"),
            410: ("room_over", "appointment_cancelled"),
        },
    ),
    "GET /rooms/{appointment}/invites": ApiOperation(
        "The guests who were invited to a video call", ApiAccess.AGENT, {200: JsonArray(GuestInvite)}
    ),
    "POST /rooms/{appointment}/invites": ApiOperation(
        "Invite an interpreter, a relative or a colleague by a link for one device",
        ApiAccess.AGENT,
        {201: GuestInvite},
        request_body=InviteMessage,
        error_codes={
            403: ("not_video", "not_confirmed"),
            409: ("too_many_invites",),
            410: ("room_over", "appointment_cancelled"),
        },
    ),
    "POST /rooms/{appointment}/invites/{id}/send-again": ApiOperation(
        "Send an unused link once more, or a new link in place of a used one",
        ApiAccess.AGENT,
        {200: GuestInvite},
        error_codes={
            403: ("not_video", "not_confirmed"),
            409: ("guest_present", "invited_already", "too_many_invites"),
            410: ("invite_withdrawn", "room_over", "appointment_cancelled"),
        },
    ),
    "POST /rooms/{appointment}/invites/{id}/withdraw": ApiOperation(
        "Withdraw a link, and take its guest out of the room", ApiAccess.AGENT, {200: GuestInvite}
    ),
}
