"""The OpenAPI document: complete, valid, and equal to real responses."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from office360.appointments.notify.appointment_messages import verification_secret_id
from office360.appointments.service import appointment_token
from office360.core.auth import StaffRole
from office360.core.web.api_route import API_PREFIX
from office360.core.web.validation import parse_model
from office360.offices.service import Office
from office360.server.app import ERROR_TEXTS, create_app
from office360.server.settings import Settings, load_settings
from office360.server.web.openapi_document import API_ROUTES, build_openapi_document
from office360.staff.actions.accounts import create_api_key
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import Route

from ...appointments.support.requesters import solve_challenge
from ...conftest import TEST_SECRET, AppServer, FakeClock
from ...queue.conftest import AT_11, OfficeDriver
from ...support.routes import all_routes
from ..support.openapi_checker import DocumentCheckingClient

# Clients generate their classes from these names, so renaming a class must not change a name.
COMPONENT_NAMES = """
AcceptMessage AcceptanceState Answer AnswerMessage AnswerTransferMessage Appointment AppointmentForStaff
AppointmentLinks AppointmentState Board BoardLine BoardTicket BookingMessage CallBackOfCitizen CallRatings
CallUnderWay CalledBack Cancelled CandidateType CandidateTypes CandidatesMessage Challenge ChatMessage Choice
ClosedSpan CodeMessage ColleagueNote ComingColleague ContactForCode Desk DeskActivity DeskOfTicket
DeskPauseMessage DetailedTestReport DevicesMessage DocumentMessage DocumentUpload Earlier EarlierMessage
EarlierOffer EmergencyAtDesk EmergencyLink EndEmergencyMessage EndpointMessage Eta Evacuated Fault
FieldProblem Figures FiguresOfDay FiguresOfGroup FiguresOfHour FinishCallMessage FinishMessage
FinishTransferMessage Following Found FoundTicket Gate GiveMessage Grade GuestInvite Hold HoldMessage
HoldTicketMessage IceServer InsideMessage InviteMessage Kind LastTest Limit LineNow LineSwitched Link
LobbyEntry LocatorMessage MeasurementsMessage NamedLine NumberToCallMessage OfferMessage OfferTransferMessage
OfferedText OfferedTexts Office OfficeSwitched OrderMessage OtherCalls Part Path PauseMessage PauseReason
Permission Phase PhoneAppointment PhoneCallFigures PhoneCallResult PhoneCalls PhoneMessage PlacedCall
PossibleReceiver Postpone Priority PriorityMessage Problem PushKeysMessage PushState QrCodeOfLink Rating
ReasonMessage Rebook RecoverMessage RelayResult Reply ReportMessage RescheduleMessage ResumeMessage RoomState Sent
SentDocument SentDocuments Series Service Share Slot SpanMessage SpeedLimit Spread StandbyMessage StartTest
StartedTest State Statistics StopMessage SubscriptionMessage SurveyFiguresOfCalls SurveyMessage
TechnicalDetailsMessage TestDetails TestLimits TestOfAppointment TestRegion TestRegions TestReport
TestReportForStaff TextToOffer Ticket TicketAtDesk TicketLinks TicketMessage TransferChoices TransferMessage
TransferOfRoom VerifyMessage VideoAppointment VideoFigures Visit VisitNoteKind WaitingAsked WaitingMessage
WayMessage Why
"""
PLACE = ("office", "service", "mode", "starts_at")
PHONE = "office360_device=phone"  # the cookie of a device
MEASURED = {"rtt_ms": 20, "loss_up_pct": 0, "path": "udp", "video_fps": 25, "permissions": "granted"}


def test_document_lists_exactly_the_served_operations() -> None:
    app = create_app(load_settings(environment="development", secret_key=[TEST_SECRET]))
    served = {
        f"{method} {route.path.removeprefix(API_PREFIX)}"
        for route in all_routes(app.routes)
        if isinstance(route, Route) and route.path.startswith(API_PREFIX)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert served == set(API_ROUTES)


def test_openapi_document_is_valid() -> None:
    OpenAPIV31SpecValidator(build_openapi_document()).validate()


def test_component_names_and_titles_are_the_published_ones() -> None:
    schemas = build_openapi_document()["components"]["schemas"]
    assert sorted(schemas) == COMPONENT_NAMES.split()
    assert {name: schema["title"] for name, schema in schemas.items() if schema["title"] != name} == {}


def test_every_reference_names_a_component() -> None:
    document = json.dumps(build_openapi_document())
    named = set(re.findall(r'"#/components/schemas/(\w+)"', document))
    assert named - set(COMPONENT_NAMES.split()) == set()


def test_operation_ids_are_unique() -> None:
    names = [
        operation["operationId"]
        for path in build_openapi_document()["paths"].values()
        for operation in path.values()
    ]
    assert len(names) == len(set(names))


def test_every_published_error_code_has_text() -> None:
    codes = {code for route in API_ROUTES.values() for refused in route.errors.values() for code in refused}
    assert codes - set(ERROR_TEXTS) == set()


def test_every_json_body_has_a_valid_example() -> None:
    for call, route in API_ROUTES.items():
        if isinstance(route.body, type):
            assert route.example is not None, call
            parse_model(route.body, route.example, forbid_unknown=True)


async def test_product_serves_its_openapi_document(app_server: AppServer) -> None:
    async with app_server.client() as client, client.get("/api/openapi.json") as answer:
        assert (answer.status, answer.content_type) == (200, "application/json")
        assert await answer.json() == build_openapi_document()


# Real responses


@pytest.fixture
async def driver(app_server: AppServer, office: Office) -> OfficeDriver:
    return OfficeDriver(app_server.runtime, office)


@pytest.fixture
async def public_caller(app_server: AppServer) -> AsyncIterator[DocumentCheckingClient]:
    async with app_server.client() as client:
        yield DocumentCheckingClient(client)


async def document_client(
    app_server: AppServer, public: DocumentCheckingClient, role: StaffRole
) -> DocumentCheckingClient:
    key = await create_api_key(app_server.runtime, role=role)
    return DocumentCheckingClient(public.client, {"Authorization": f"Bearer {key}"})


async def test_office_and_appointment_responses_match_document(
    public_caller: DocumentCheckingClient, driver: OfficeDriver, settings: Settings
) -> None:
    await public_caller.call("GET", "/offices")
    await public_caller.call("GET", "/offices/centro/services")
    await public_caller.call("GET", "/offices/nowhere/services")
    free = "/offices/centro/slots?service=certificate&mode=video&from=2026-11-26&days=2"
    status, slots = await public_caller.call("GET", free)
    assert status == 200
    await public_caller.call("GET", "/offices/centro/slots?service=certificate&mode=video&days=63")
    asked = {
        "office": "centro",
        "service": "certificate",
        "mode": "video",
        "starts_at": slots[0]["starts_at"],
        "name": "Amina",
        "email": "amina@example.org",
        "privacy_accepted": True,
    }
    status, kept = await public_caller.call("POST", "/holds", {name: asked[name] for name in PLACE})
    assert status == 201
    assert (await public_caller.call("POST", "/holds", {"office": "centro"}))[0] == 422
    status, challenge = await public_caller.call("GET", "/altcha")
    assert status == 200
    proved = {**asked, "altcha": solve_challenge(challenge), "hold": kept["hold"]}
    status, made = await public_caller.call("POST", "/appointments", proved)
    assert (status, made["state"]) == (201, "confirmed")
    assert (await public_caller.call("POST", "/appointments", {**proved, "email": "elena@example.org"}))[0] == 422
    without = {**asked, "starts_at": slots[2]["starts_at"], "email": "farid@example.org"}
    status, unproved = await public_caller.call("POST", "/appointments", without)
    assert (status, unproved["state"]) == (201, "preconfirmed")
    confirm = f"/appointments/{unproved['token']}/verify"
    assert (await public_caller.call("POST", confirm, {"secret": unproved["token"]}))[0] == 404
    secret = driver.runtime.tokens.derive("verify", verification_secret_id(unproved["id"], without["email"]))
    assert (await public_caller.call("POST", confirm, {"secret": secret}))[1]["state"] == "confirmed"
    assert (await public_caller.call("POST", "/appointments", {**asked, "email": "elena@example.org"}))[0] == 409
    assert (await public_caller.call("POST", "/appointments", {**asked, "email": "amina"}))[0] == 422
    await public_caller.call("GET", f"/appointments/{made['token']}")
    status, moved = await public_caller.call(
        "POST", f"/appointments/{made['token']}/reschedule", {"starts_at": slots[1]["starts_at"]}
    )
    assert status == 200
    assert (await public_caller.call("POST", f"/appointments/{moved['token']}/cancel"))[0] == 200
    assert (await public_caller.call("POST", f"/appointments/{moved['token']}/reschedule", {}))[0] == 422


async def test_ticket_desk_and_board_responses_match_document(
    app_server: AppServer, public_caller: DocumentCheckingClient, driver: OfficeDriver, clock: FakeClock
) -> None:
    agent = await document_client(app_server, public_caller, StaffRole.AGENT)
    desk, take = f"/desks/{driver.desk_id(1)}", "/offices/centro/tickets"
    assert (await agent.call("POST", f"{desk}/call-next"))[0] == 403
    assert (await agent.call("POST", f"{desk}/open"))[0] == 200
    assert (await agent.call("POST", f"{desk}/call-next"))[0] == 204
    asked = {"service": "documents", "email": "amina@example.org"}
    status, first = await public_caller.call("POST", take, asked, Cookie=PHONE)
    assert status == 201
    status, second = await public_caller.call("POST", take, {"service": "certificate"})
    assert status == 201
    assert (await public_caller.call("POST", take, asked, Cookie=PHONE))[0] == 409
    token = appointment_token(driver.runtime, await driver.book_appointment(AT_11 + timedelta(hours=2)))
    assert (await public_caller.call("POST", take, {"appointment": token}))[0] == 409
    for action in ("help", "postpone", "rejoin"):
        await public_caller.call("POST", f"/tickets/{second['token']}/{action}")
    await public_caller.call("GET", f"/tickets/{first['token']}")
    host = await document_client(app_server, public_caller, StaffRole.HOST)
    assert (await host.call("POST", "/staff/offices/centro/pause"))[0] == 200
    assert (await agent.call("POST", f"{desk}/call-next"))[0] == 409
    assert (await host.call("POST", "/staff/offices/centro/resume"))[0] == 200
    status, called = await agent.call("POST", f"{desk}/call-next")
    assert (status, called["id"]) == (200, first["id"])
    board = "/staff/offices/centro/board"
    status, found = await agent.call("GET", board)
    assert found["desks"][0]["state"] == "calling"
    program = await document_client(app_server, public_caller, StaffRole.INTEGRATION)
    await program.call("GET", board)
    await public_caller.call("GET", board)
    for action in ("recall", "start", "hold", "start", "put-back", "transfer", "finish", "no-show"):
        await agent.call("POST", f"/staff/tickets/{first['id']}/{action}")
    assert (await agent.call("POST", f"{desk}/close"))[0] == 200
    assert (await public_caller.call("POST", f"/tickets/{second['token']}/leave"))[0] == 200
    status, found = await agent.call("GET", "/staff/offices/centro/appointments")
    assert (status, len(found)) == (200, 1)


async def test_standby_and_recovery_responses_match_document(
    public_caller: DocumentCheckingClient, driver: OfficeDriver
) -> None:
    asked = {"service": "documents", "email": "amina@example.org"}
    status, made = await public_caller.call("POST", "/offices/centro/standby", asked, Cookie=PHONE)
    assert (status, made["state"]) == (201, "standby")
    assert (await public_caller.call("POST", "/offices/centro/standby", asked, Cookie=PHONE))[0] == 409
    lost = {"code": made["code"], "office": "centro", "contact": "amina@example.org"}
    assert (await public_caller.call("POST", "/tickets/recover", lost))[0] == 202
    assert (await public_caller.call("POST", "/tickets/recover", {**lost, "code": "A-999"}))[0] == 202
    assert (await public_caller.call("POST", "/tickets/recover", {}))[0] == 422
    for _ in range(4):
        status, _ = await public_caller.call("POST", "/tickets/recover", lost)
    assert status == 429


async def test_host_responses_match_document(
    app_server: AppServer, public_caller: DocumentCheckingClient, driver: OfficeDriver
) -> None:
    issued = await driver.take_ticket()
    host = await document_client(app_server, public_caller, StaffRole.HOST)
    for action, body in (("priority", {"class": "preferential"}), ("order", {"reason": "Late."}), ("helped", {})):
        assert (await host.call("POST", f"/staff/tickets/{issued.ticket.id}/{action}", body))[0] == 200
    assert (await host.call("POST", f"/staff/tickets/{issued.ticket.id}/end-missed"))[0] == 409
    status, given = await host.call(
        "POST", "/staff/offices/centro/tickets", {"service": "documents", "name": "Ada"}
    )
    assert status == 201
    early = await driver.book_appointment(AT_11 + timedelta(hours=3), "Elena")
    for expected in (201, 200):
        assert (await host.call("POST", f"/staff/appointments/{early.id}/check-in"))[0] == expected
    _, found = await host.call("GET", "/staff/offices/centro/search?q=ada")
    assert [ticket["code"] for ticket in found["tickets"]] == [given["code"]]
    _, found = await host.call("GET", f"/staff/offices/centro/search?q={early.locator.lower()}")
    assert [appointment["id"] for appointment in found["appointments"]] == [early.id]
    assert (await host.call("GET", "/staff/offices/centro/search"))[0] == 422
    inside = {
        "service": "documents",
        "mode": "in_person",
        "starts_at": "2026-11-29T22:05:00+01:00",
        "name": "Ada",
        "email": "ada@example.org",
    }
    staff = "/staff/offices/centro/appointments"
    assert (await host.call("POST", staff, inside))[0] == 409
    assert (await host.call("POST", staff, {**inside, "override": "Works at night."}))[0] == 201
    for action in ("pause", "resume"):
        assert (await host.call("POST", f"/staff/offices/centro/{action}", {"message": "A test."}))[0] == 200
    for action in ("stop", "open"):
        line = driver.office.line("identity").id
        assert (await host.call("POST", f"/staff/lines/{line}/{action}", {"reason": "A test."}))[0] == 200
    assert (await host.call("POST", f"/staff/tickets/{issued.ticket.id}/leave"))[0] == 200


async def test_connection_test_responses_match_document(
    app_server: AppServer, public_caller: DocumentCheckingClient, driver: OfficeDriver
) -> None:
    agent = await document_client(app_server, public_caller, StaffRole.AGENT)
    status, begun = await public_caller.call("POST", "/tests", {})
    assert status == 201
    await public_caller.call("POST", f"/tests/{begun['token']}/offer", {})
    for body in ({"measurements": MEASURED}, {}):
        await public_caller.call("POST", f"/tests/{begun['token']}/report", body)
    status, found = await public_caller.call("GET", f"/tests/{begun['token']}")
    assert (status, found["code"]) == (200, begun["code"])
    assert (await agent.call("GET", f"/staff/tests/{begun['code']}"))[0] == 200
    assert (await public_caller.call("DELETE", f"/tests/{begun['token']}"))[0] == 204
