"""`office360 check`: concurrent checks of all parts of the installation.

A check uses its part: it opens the site as people do, compares the database's schema, sends media through the
relay, and talks to the mail server as far as possible without sending an e-mail.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp

from ..appointments.domain.agenda_settings import AgendaSettings
from ..chatbot.domain.model_endpoint import ModelEndpoint
from ..core.db.process_heartbeats import ProcessKind
from ..core.errors import FieldError, Invalid, Unavailable
from ..core.i18n.languages import SOURCE_LANGUAGE, language_name
from ..core.runtime import Runtime
from ..core.virus_scanner import VirusScanner
from ..notifications.domain.gateway import GatewayCheck
from ..notifications.http_client import find_gateway_problem
from ..notifications.push.vapid import VapidIdentity
from ..notifications.queries.delivery_problems import delivery_warnings
from ..offices.service import (
    all_offices,
    missing_items,
    read_site,
    unknown_holiday_regions,
    unreadable_offices,
)
from ..queue.domain.line_settings import LineSettings
from ..signaling.ice import TurnServers, ice_servers
from ..staff.actions.federation.provider_values import ProviderSettings
from .checks.check_result import CHECK_TIMEOUT_S, CheckResult, CheckTopic, first_line, no_answer_text, timeout_text
from .checks.database_checks import LOCAL_HOSTS, check_database_use, check_schema
from .checks.process_checks import START_COMMANDS, check_fanout
from .checks.site_checks import check_page_files, check_site
from .runtime import open_runtime
from .settings import Settings
from .testroom.addresses import stun_servers
from .testroom.installed import TESTROOM_MISSING, is_testroom_installed

CREDENTIAL_LIFETIME = timedelta(minutes=3)
MAX_ANSWER_CHARACTERS = 200  # of an unexpected answer

NO_BUS = "none: this is the only web process"
NO_RELAY = "none: people behind a strict firewall will have no video"
EMBEDDED_TESTROOM = "beside the web process"
NO_STUN = "without a STUN server no browser finds out whether it is the nearest"
START_BUS = "systemctl start redis-server"
NO_MAIL = "none: e-mails wait in the outbox"


async def check_installation(settings: Settings) -> list[CheckResult]:
    """Check every part that the settings name."""
    async with open_runtime(settings) as runtime:
        turn = TurnServers(settings.turn_uris, settings.turn_secret)
        results: list[CheckResult] = await asyncio.gather(
            check_schema(settings, runtime),
            *([_check_bus(settings.redis_url, runtime)] if settings.redis_url else []),
            *(_check_relay(uri, turn, runtime) for uri in turn.uris),
            *(_check_testroom(room.url) for room in settings.test_rooms),
            *(_check_region(*region) for region in stun_servers(settings.test_rooms).items()),
            *([_check_path_to_testroom(settings, turn, runtime)] if turn.uris and _is_testroom(settings) else []),
            *([_check_mail(settings)] if settings.smtp_url else []),
            *(
                _check_channel(setup.declaration.title, setup.gateway.check)
                for setup in settings.chosen_channels
                if setup.gateway is not None
            ),
            *(
                [_check_provider(provider, runtime)]
                if (provider := settings.identity_provider) is not None
                else []
            ),
            *(
                [_check_scanner(scanner)]
                if (scanner := VirusScanner.from_url(settings.document_scanner)) is not None
                else []
            ),
            *([_check_model(model)] if (model := settings.chat_model) is not None else []),
            *([_check_push(vapid, runtime)] if (vapid := settings.vapid) is not None else []),
        )
        results.append(check_fanout(settings))
        results += await check_site(settings, has_database=not results[0].problem)
        results.append(check_page_files())
        # the other checks read the database, and would only repeat this problem
        if results[0].problem:
            return results
        return [
            *results,
            *await check_database_use(settings, runtime),
            *await _check_demo_accounts(settings, runtime),
            *await _check_readable_offices(runtime),
            *await _check_office_settings(runtime),
            *await _check_office_details(runtime),
            *await _check_holidays(runtime),
            *(await _check_look_and_law(runtime) if settings.environment == "production" else []),
            *await _check_undelivered_messages(settings, runtime),
        ]


def unused_parts(settings: Settings) -> list[CheckResult]:
    """List the parts that no setting names, and the consequence of each.

    The test room is there without a setting if its libraries are installed.
    """
    has_room = is_testroom_installed()
    without = [
        (settings.redis_url, CheckResult(CheckTopic.BUS, remark=NO_BUS, is_absent=True)),
        (settings.turn_uris, CheckResult(CheckTopic.RELAY, remark=NO_RELAY, is_absent=True)),
        (
            settings.testroom_url,
            CheckResult(
                CheckTopic.TEST_ROOM,
                remark=EMBEDDED_TESTROOM if has_room else TESTROOM_MISSING,
                is_absent=not has_room,
            ),
        ),
        (settings.smtp_url, CheckResult(CheckTopic.MAIL, remark=NO_MAIL, is_absent=True)),
    ]
    return [result for setting, result in without if not setting]


async def _check_bus(url: str, runtime: Runtime) -> CheckResult:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await runtime.bus.ping()
    except TimeoutError:
        return CheckResult(CheckTopic.BUS, timeout_text())
    except OSError as error:  # BusUnavailable is a ConnectionError
        server = f"Redis or Valkey at {_bus_address(url)}"
        return CheckResult(CheckTopic.BUS, no_answer_text(server, error, START_BUS))
    return CheckResult(CheckTopic.BUS)


def _bus_address(url: str) -> str:
    """Return hosts and ports, or the path of a Unix socket, without user and password."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or parts.path


async def _check_relay(uri: str, turn: TurnServers, runtime: Runtime) -> CheckResult:
    (server,) = ice_servers(turn, runtime.now(), CREDENTIAL_LIFETIME)
    from ..signaling.turn_check import find_turn_problem  # imported late, with aioice

    return CheckResult(CheckTopic.RELAY, await find_turn_problem(uri, server), subject=uri)


async def _check_scanner(scanner: VirusScanner) -> CheckResult:
    return CheckResult(
        CheckTopic.SCANNER, await _find_scanner_problem(scanner), subject=f"{scanner.host}:{scanner.port}"
    )


async def _find_scanner_problem(scanner: VirusScanner) -> str | None:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return None if await scanner.ping() else "it does not answer as clamd does"
    except TimeoutError:
        return timeout_text()
    except Unavailable as error:
        return first_line(error.__cause__ if isinstance(error.__cause__, OSError) else error)


async def _check_model(endpoint: ModelEndpoint) -> CheckResult:
    from ..chatbot.actions.sentence_rewriter import find_model_problem

    return CheckResult(CheckTopic.LANGUAGE_MODEL, await find_model_problem(endpoint), subject=endpoint.url)


async def _check_testroom(url: str) -> CheckResult:
    return CheckResult(CheckTopic.TEST_ROOM, await _find_testroom_problem(url), subject=url)


async def _find_testroom_problem(url: str) -> str | None:
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CHECK_TIMEOUT_S)) as client,
            client.get(f"{url}/readyz") as answer,
        ):
            if answer.status == HTTPStatus.OK:
                return None
            return f"it answers {answer.status}: {(await answer.text())[:MAX_ANSWER_CHARACTERS]}"
    except TimeoutError:
        return timeout_text()
    except aiohttp.ClientConnectorError as error:
        return no_answer_text("the test room", error.os_error, START_COMMANDS[ProcessKind.TESTROOM])
    except (aiohttp.ClientError, OSError) as error:
        return first_line(error)


async def _check_region(name: str, stun: str) -> CheckResult:
    """Check that browsers can measure the round trip to a region of test rooms."""
    if not stun:
        return CheckResult(CheckTopic.REGION, NO_STUN, subject=name, is_warning=True)
    from ..signaling.turn_check import measure_stun_round_trip_ms

    try:
        rtt_ms = await measure_stun_round_trip_ms(stun)
    except (TimeoutError, OSError) as error:
        return CheckResult(CheckTopic.REGION, f"{stun} does not answer: {first_line(error)}", subject=name)
    return CheckResult(CheckTopic.REGION, remark=f"works ({stun} answers in {rtt_ms:.0f} ms)", subject=name)


def _is_testroom(settings: Settings) -> bool:
    """Tell whether a test room runs on this machine."""
    rooms = settings.test_rooms
    if not rooms:
        return is_testroom_installed()
    return any(urlsplit(room.url).hostname in LOCAL_HOSTS for room in rooms)


async def _check_path_to_testroom(settings: Settings, turn: TurnServers, runtime: Runtime) -> CheckResult:
    """Check that the relay reaches the test room, whose address may be private.

    A citizen who needs the relay for a call needs it for the test, too.
    """
    (server,) = ice_servers(turn, runtime.now(), CREDENTIAL_LIFETIME)
    from ..signaling.turn_check import find_path_problem

    problem = await find_path_problem(turn.uris[0], server, settings.testroom_port_range)
    return CheckResult(CheckTopic.RELAY, problem, subject="to the test room")


async def _check_mail(settings: Settings) -> CheckResult:
    from ..notifications.channels import find_mail_server_problem  # imported late, with mail client and texts

    problem = await find_mail_server_problem(
        settings.smtp_url,
        sender=settings.mail_return_path or settings.mail_from,  # as MAIL FROM of each e-mail
        public_url=settings.public_url,
    )
    return CheckResult(CheckTopic.MAIL, problem)


async def _check_channel(title: str, check: GatewayCheck) -> CheckResult:
    """Check a channel that people choose; SMS has its own row in docs/troubleshooting.md."""
    topic = CheckTopic.SMS if title == CheckTopic.SMS else CheckTopic.CHANNELS
    return CheckResult(topic, await find_gateway_problem(check), subject="" if topic is CheckTopic.SMS else title)


async def _check_provider(provider: ProviderSettings, runtime: Runtime) -> CheckResult:
    """Check discovery, keys, redirect address and secret at the identity provider."""
    from ..staff.actions.federation.provider_check import (
        find_provider_problem,  # imported late, with its libraries
    )

    problem = await find_provider_problem(provider, runtime.now())
    remark = f"works, with the redirect address {provider.redirect_uri}"
    return CheckResult(CheckTopic.SIGN_IN, problem, remark, subject=f"with {provider.name}")


async def _check_push(vapid: VapidIdentity, runtime: Runtime) -> CheckResult:
    """Check that the key signs. Only a subscribed browser's push service can check more."""
    try:
        vapid.authorization(f"{runtime.public_url}/", runtime.now())
    except ValueError as error:
        return CheckResult(CheckTopic.PUSHES, first_line(error))
    return CheckResult(CheckTopic.PUSHES)


async def _check_demo_accounts(settings: Settings, runtime: Runtime) -> list[CheckResult]:
    """Name the accounts of the demo that can sign in to an installation."""
    if settings.environment != "production":
        return []
    from .demo.own_database import demo_account_names  # imported late, with the demo city

    async with runtime.read_session() as session:
        names = await demo_account_names(session)
    advice = "they belong to the demo: office360 user disable NAME"
    return [CheckResult(CheckTopic.DEMO_ACCOUNTS, f"{', '.join(names)} can sign in; {advice}")] if names else []


async def _check_readable_offices(runtime: Runtime) -> list[CheckResult]:
    """List the offices that every page leaves out, with all values that cannot be used."""
    async with runtime.read_session() as session:
        unreadable = await unreadable_offices(session)
    return [
        CheckResult(
            CheckTopic.OFFICE,
            f"is left out of all pages: {'; '.join(problem.text() for problem in office.problems)}",
            subject=office.slug,
        )
        for office in unreadable
    ]


async def _check_office_settings(runtime: Runtime) -> list[CheckResult]:
    """Check the settings of lines and agendas: an office with invalid settings can do nothing."""
    async with runtime.read_session() as session:
        offices = await all_offices(session)
    lines = [
        _find_settings_problem(
            CheckTopic.LINE, f"{line.slug} of {office.slug}", partial(LineSettings.from_overrides, line.rules)
        )
        for office in offices
        for line in office.lines
    ]
    agendas = [
        _find_settings_problem(
            CheckTopic.AGENDA,
            f"of {service.slug} in {office.slug}",
            partial(AgendaSettings.from_settings, office.booking, service.booking),
        )
        for office in offices
        for service in office.services
    ]
    return [result for result in [*lines, *agendas] if result is not None]


async def _check_office_details(runtime: Runtime) -> list[CheckResult]:
    """Name the facts that each office lacks for citizens, by the rule of its first steps."""
    async with runtime.read_session() as session:
        offices = await all_offices(session)
    return [
        CheckResult(
            CheckTopic.OFFICE,
            f"{' and '.join(DETAIL_NAMES[name] for name in office.missing_details)} missing; "
            f"a manager gives it at /staff/manage/o/{office.slug}/details",
            subject=office.slug,
            is_warning=True,
        )
        for office in offices
        if office.is_public and office.missing_details
    ]


def _find_settings_problem(topic: CheckTopic, subject: str, parse: Callable[[], object]) -> CheckResult | None:
    try:
        parse()
    except Invalid as invalid:
        problem = ", ".join(_field_problem(error) for error in invalid.fields)
        return CheckResult(topic, problem, subject=subject)
    return None


async def _check_holidays(runtime: Runtime) -> list[CheckResult]:
    """List offices whose public holidays are unknown, so that they would stay open on them."""
    async with runtime.read_session() as session:
        unknown = await unknown_holiday_regions(session)
    return [
        CheckResult(
            CheckTopic.HOLIDAYS,
            f"the holidays of this {field} are unknown, so the office is open on them; see /staff/manage",
            subject=f"of {slug}",
            is_warning=True,
        )
        for slug, field in unknown.items()
    ]


async def _check_look_and_law(runtime: Runtime) -> list[CheckResult]:
    """Name the facts that people or the law need and the organisation has not given."""
    site = await read_site(runtime)
    return [
        CheckResult(
            CheckTopic.LOOK_AND_LAW,
            f"{f'no text in {language_name(item.language, SOURCE_LANGUAGE)}' if item.language else 'missing'}; "
            f"an administrator gives it at {LOOK_PATH}/{item.section}",
            subject=f"({item.label.lower()})",
            is_warning=True,
        )
        for item in missing_items(site.profile_with_defaults, runtime.languages.offered)
    ]


LOOK_PATH = "/staff/manage/look"
DETAIL_NAMES = {"name": "name", "address": "address", "phone": "telephone"}
_FIELD_PROBLEMS = {
    "unexpected": "not known",
    "not_a_number": "not a whole number",
    "not_a_choice": "not one of the choices",
    "invalid_time": "not a time such as 09:00",
    "wrong_type": "of another kind than it must be",
}


def _field_problem(error: FieldError) -> str:
    if error.code == "out_of_range":
        return f"{error.field} is not from {error.params['min']} to {error.params['max']}"
    return f"{error.field} is {_FIELD_PROBLEMS[error.code]}"


async def _check_undelivered_messages(settings: Settings, runtime: Runtime) -> list[CheckResult]:
    """List messages that are not delivered. No part is broken, but the operator should know."""
    async with runtime.read_session() as session:
        warnings = await delivery_warnings(session, settings.channels, runtime.now())
    return [CheckResult(CheckTopic.CHANNELS, warning, is_warning=True) for warning in warnings]
