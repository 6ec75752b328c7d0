"""Delivery of e-mails over SMTP: connections, their limit, and the meaning of errors.

It writes no e-mail. Connections are kept open between e-mails. An e-mail counts as delivered when the server has
answered 250 to all of it. If the connection breaks before that, the e-mail is sent again with the same
Message-ID, by which mailboxes recognise the second copy.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from ...core.runtime import Runtime
from ..domain.send_results import PermanentFailure, TemporaryFailure
from .mime import EmailEnvelope, build_envelope
from .server_url import MailServer, TlsMode
from .writer import EmailContent

logger = logging.getLogger(__name__)

COMMAND_TIMEOUT_S = 20  # for a reply; the worker gives a whole e-mail a minute
MAX_CONNECTIONS = 8  # an e-mail that the server is slow with delays no other
MIN_CONNECTIONS = 3  # kept even if the server wants fewer; the strictest servers allow three
# Connections that no domain of recipients can take alone: the server may wait for the domain's server with each
# e-mail.
CONNECTIONS_FOR_OTHER_DOMAINS = 2
CONNECTION_WAIT_S = 30  # after that an e-mail is retried later, because all connections hang
# Servers close idle connections after ten seconds to five minutes; before, no check is needed.
UNCHECKED_IDLE_S = 5
QUIT_TIMEOUT_S = 2

TOO_MANY_CONNECTIONS_CODES = frozenset({421, 432})  # RFC 5321, 3.8; 432 is what Exchange sends
# Replies to RCPT that concern us and not the recipient: unknown commands, commands out of order, missing login or
# encryption; and 552, which stands for 452 (RFC 5321, 4.5.3.1.10): many servers report a full mailbox by it.
SENDER_PROBLEM_CODES = frozenset({500, 502, 503, 530, 534, 535, 538, 552})
# RFC 3463: security and policy; for RCPT mostly "relaying denied", which concerns us.
POLICY_STATUS_PREFIX = "5.7."
CONTENT_REFUSED_CODES = frozenset({550, 551, 553, 554})  # replies to DATA that refuse the e-mail (RFC 5321, 4.2.2)
_ENHANCED_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")


class StartTlsNotOffered(SMTPException):
    """The server does not offer STARTTLS, which the settings require."""

    def __init__(self) -> None:
        super().__init__("it does not offer STARTTLS")


class LoginNotOffered(SMTPException):
    """The server accepts no user name and password on this connection."""

    def __init__(self) -> None:
        super().__init__("it takes no login on this connection")


@dataclass(frozen=True, slots=True)
class IdleConnection:
    """A connection that waits for its next e-mail, since `idle_since_s` of the event loop."""

    smtp: SMTP
    idle_since_s: float


class SmtpTransport:
    """Transport of the e-mail channel for a mail server.

    `ehlo_name` introduces this machine to the server. `return_path`: see `build_envelope`.
    """

    def __init__(self, runtime: Runtime, server: MailServer, ehlo_name: str, return_path: str = "") -> None:
        self._runtime = runtime
        self._server = server
        self._ehlo_name = ehlo_name
        self._return_path = return_path
        self._limiter = ConnectionLimiter(MAX_CONNECTIONS, CONNECTIONS_FOR_OTHER_DOMAINS, CONNECTION_WAIT_S)
        self._idle_connections: list[IdleConnection] = []

    async def deliver(self, email: EmailContent) -> None:
        """Send an e-mail. Raises PermanentFailure or TemporaryFailure."""
        envelope = build_envelope(email, self._runtime.now(), self._return_path)
        async with self._limiter.acquire(envelope.recipient.rpartition("@")[2]):
            smtp = await self._obtain_connection()
            try:
                await _send_envelope(smtp, envelope)
            except (SMTPException, OSError) as error:
                self._reduce_connections(error)
                raise classify_smtp_error(error) from None
            finally:
                if smtp.is_connected:
                    self._idle_connections.append(IdleConnection(smtp, _loop_time_s()))

    async def close(self) -> None:
        """Close all idle connections with QUIT."""
        while self._idle_connections:
            await _quit(self._idle_connections.pop().smtp)

    async def _obtain_connection(self) -> SMTP:
        while self._idle_connections:
            # the connection used last: the server closes those that are needed no more
            idle = self._idle_connections.pop()
            if await _is_usable(idle):
                return idle.smtp
        try:
            return await open_smtp_connection(self._server, self._ehlo_name)
        except (SMTPException, OSError) as error:
            self._reduce_connections(error)
            problem = describe_connection_error(error)
            logger.warning("mail_server_unusable", extra={"problem": problem})
            raise TemporaryFailure(problem) from None

    def _reduce_connections(self, error: Exception) -> None:
        """Reduce the connection limit if the server reports too many connections."""
        if isinstance(error, SMTPResponseException) and error.code in TOO_MANY_CONNECTIONS_CODES:
            self._limiter.reduce_limit(MIN_CONNECTIONS)


class ConnectionLimiter:
    """Limit of concurrent connections, first come first served.

    A domain gets at most `limit - reserved_for_others` of them. A send that waits longer than `timeout_s` fails.
    """

    def __init__(self, limit: int, reserved_for_others: int, timeout_s: float) -> None:
        self._limit = self._free = limit
        self._reserved_for_others = reserved_for_others
        self._timeout_s = timeout_s
        self._in_use: Counter[str] = Counter()
        self._waiting: deque[tuple[str, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def acquire(self, domain: str) -> AsyncIterator[None]:
        """Hold a connection during the block. Raises TemporaryFailure if none was free in time."""
        await self._wait_for_connection(domain)
        try:
            yield
        finally:
            self._release(domain)

    def reduce_limit(self, minimum: int) -> None:
        """Allow a connection less from now on, but at least `minimum`."""
        if self._limit > minimum:
            self._limit -= 1
            self._free -= 1

    async def _wait_for_connection(self, domain: str) -> None:
        granted = asyncio.get_running_loop().create_future()
        self._waiting.append((domain, granted))
        self._grant_free_connections()
        try:
            async with asyncio.timeout(self._timeout_s):
                await granted
        except BaseException as error:
            self._stop_waiting(domain, granted)
            if isinstance(error, TimeoutError):
                raise TemporaryFailure("all connections are busy") from None
            raise

    def _stop_waiting(self, domain: str, granted: asyncio.Future[None]) -> None:
        self._waiting = deque(waiting for waiting in self._waiting if waiting[1] is not granted)
        if granted.done() and not granted.cancelled():  # a connection was granted at the moment of the timeout
            self._release(domain)

    def _release(self, domain: str) -> None:
        self._free += 1
        self._in_use -= Counter({domain: 1})  # the subtraction of Counters drops zero counts
        self._grant_free_connections()

    def _grant_free_connections(self) -> None:
        per_domain = max(1, self._limit - self._reserved_for_others)
        for domain, granted in list(self._waiting):
            if self._free > 0 and self._in_use[domain] < per_domain and not granted.done():
                self._free -= 1
                self._in_use[domain] += 1
                self._waiting.remove((domain, granted))
                granted.set_result(None)


async def _send_envelope(smtp: SMTP, envelope: EmailEnvelope) -> None:
    options = ["SMTPUTF8"] if envelope.needs_utf8 else []
    try:
        await smtp.sendmail(envelope.sender, envelope.recipient, envelope.contents, mail_options=options)
    except SMTPException:
        raise  # aiosmtplib has closed the connection, or left it ready for the next e-mail
    except BaseException:
        # cancelled: the pending reply would be taken for the reply to the next command
        smtp.close()
        raise


async def open_smtp_connection(server: MailServer, ehlo_name: str) -> SMTP:
    """Open a connection, encrypted and logged in as the settings say.

    Raises SMTPException or OSError.
    """
    smtp = SMTP(
        hostname=server.host,
        port=server.port,
        local_hostname=ehlo_name,
        timeout=COMMAND_TIMEOUT_S,
        use_tls=server.tls is TlsMode.FROM_START,
        start_tls=False,  # _encrypt_and_log_in does it, with an error that says what is missing
        tls_context=await asyncio.to_thread(_tls_context, server),
    )
    await smtp.connect()
    try:
        await _encrypt_and_log_in(smtp, server)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _tls_context(server: MailServer) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not server.is_verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _encrypt_and_log_in(smtp: SMTP, server: MailServer) -> None:
    await smtp.ehlo()
    if server.tls in (TlsMode.OFFERED, TlsMode.REQUIRED) and smtp.supports_extension("starttls"):
        await smtp.starttls()
        await smtp.ehlo()  # RFC 3207, 4.2: replies from before the encryption do not count
    elif server.tls is TlsMode.REQUIRED:
        raise StartTlsNotOffered
    if server.username is None:
        return
    if not smtp.supports_extension("auth"):
        raise LoginNotOffered
    await smtp.login(server.username, server.password)


async def _is_usable(idle: IdleConnection) -> bool:
    if not idle.smtp.is_connected:
        return False
    if _loop_time_s() - idle.idle_since_s < UNCHECKED_IDLE_S:
        return True
    try:
        await idle.smtp.noop()
    except (SMTPException, OSError):
        idle.smtp.close()
        return False
    return True


async def _quit(smtp: SMTP) -> None:
    with suppress(SMTPException, OSError):
        await smtp.quit(timeout=QUIT_TIMEOUT_S)
    smtp.close()


def _loop_time_s() -> float:
    return asyncio.get_running_loop().time()


async def find_server_problem(server: MailServer, ehlo_name: str, sender: str) -> str | None:
    """Describe why this server would refuse e-mails of this sender; None without a problem."""
    try:
        smtp = await open_smtp_connection(server, ehlo_name)
    except (SMTPException, OSError) as error:
        return describe_connection_error(error)
    try:
        await smtp.mail(sender)
        await smtp.rset()
        await smtp.noop()
    except (SMTPException, OSError) as error:
        return describe_connection_error(error)
    finally:
        await _quit(smtp)
    return None


def describe_connection_error(error: Exception) -> str:
    """Describe a failed connection for the operator.

    It happens before any e-mail, so it names no citizen.
    """
    cause = error.__cause__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        return f"no encrypted connection: {cause.reason}"
    if isinstance(error, TimeoutError):
        return f"no answer within {COMMAND_TIMEOUT_S} s"
    if isinstance(error, SMTPResponseException):
        return f"it refuses us: {error.code} {error.message}"
    if isinstance(cause, OSError) and cause.strerror:
        return f"no connection: {cause.strerror}"
    return str(error)


def classify_smtp_error(error: Exception) -> PermanentFailure | TemporaryFailure:
    """Tell whether a failed e-mail is retried.

    An e-mail is given up only if its recipient or its content is refused. The operator can mend what is wrong
    between us and our server (login, sender, relaying, a full disk), and no e-mail may be lost before. The
    reason holds codes but never the server's text, which quotes addresses.
    """
    if isinstance(error, SMTPRecipientsRefused):
        return _classify_recipient_refusal(error.recipients[0])
    if isinstance(error, SMTPDataError):
        return _to_failure("letter_refused", error, is_permanent=error.code in CONTENT_REFUSED_CODES)
    if isinstance(error, SMTPNotSupported):
        return PermanentFailure("address_needs_smtputf8")
    if isinstance(error, SMTPSenderRefused):
        return _to_failure("sender_refused", error, is_permanent=False)
    if isinstance(error, SMTPResponseException):
        return _to_failure("server_refused", error, is_permanent=False)
    return TemporaryFailure(type(error).__name__)


def _classify_recipient_refusal(refusal: SMTPRecipientRefused) -> PermanentFailure | TemporaryFailure:
    status = _enhanced_status(refusal.message)
    concerns_us = refusal.code in SENDER_PROBLEM_CODES or status.startswith(POLICY_STATUS_PREFIX)
    return _to_failure("recipient_refused", refusal, is_permanent=refusal.code >= 500 and not concerns_us)


def _to_failure(
    code: str, refusal: SMTPResponseException, *, is_permanent: bool
) -> PermanentFailure | TemporaryFailure:
    reason = " ".join(filter(None, (code, str(refusal.code), _enhanced_status(refusal.message))))
    return PermanentFailure(reason) if is_permanent else TemporaryFailure(reason)


def _enhanced_status(message: str) -> str:
    """Return the enhanced status code of a reply (RFC 2034), such as 5.1.1, or an empty text."""
    match = _ENHANCED_STATUS.match(message)
    return match.group() if match else ""
