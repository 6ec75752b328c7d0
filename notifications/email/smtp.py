"""Hands e-mails to a mail server over SMTP, on connections that are kept between letters.

A letter counts as handed over when the server has said 250 to all of it. When the line breaks before, it is sent
again with the same Message-ID, by which mailboxes know a second copy.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import suppress
from dataclasses import dataclass

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from ...core.runtime import Runtime
from ..domain.send_results import TemporaryFailure
from .connection_pool import ConnectionLimiter
from .mime import EmailEnvelope, build_envelope
from .server_url import MailServer, TlsMode
from .smtp_replies import classify_smtp_error
from .writer import EmailContent

logger = logging.getLogger(__name__)

COMMAND_TIMEOUT_S = 20  # for one answer; the worker gives a whole letter a minute
MAX_CONNECTIONS = 8  # connections at a time: a letter that the server is slow with delays no other
MIN_CONNECTIONS = 3  # so many also where the server wants fewer, which is what the strictest take
CONNECTIONS_FOR_OTHER_DOMAINS = (
    2  # of these for other domains than one: a server may wait for that domain's own with each letter
)
TOO_MANY_CONNECTIONS_CODES = frozenset(
    {421, 432}
)  # how servers say that we have too many connections (RFC 5321, 3.8; Exchange)
CONNECTION_WAIT_S = 30  # how long a letter waits for one; where all are stuck it comes again later
UNCHECKED_IDLE_S = (
    5  # so long a kept connection is used unasked; servers close idle ones after ten seconds to five minutes
)
QUIT_TIMEOUT_S = 2


@dataclass(frozen=True, slots=True)
class IdleConnection:
    """A connection that waits for its next letter; `since` in the loop's seconds."""

    smtp: SMTP
    idle_since_s: float


class StartTlsNotOffered(SMTPException):
    """The server does not encrypt, and the setting insists on it."""

    def __init__(self) -> None:
        super().__init__("it does not offer STARTTLS")


class LoginNotOffered(SMTPException):
    """The server takes no name and password on this connection."""

    def __init__(self) -> None:
        super().__init__("it takes no login on this connection")


class SmtpTransport:
    """The transport for e-mail where a mail server is set. `name` is how this machine introduces itself (EHLO)."""

    def __init__(self, runtime: Runtime, server: MailServer, ehlo_name: str) -> None:
        self._runtime = runtime
        self._server = server
        self._ehlo_name = ehlo_name
        self._limiter = ConnectionLimiter(MAX_CONNECTIONS, CONNECTIONS_FOR_OTHER_DOMAINS, CONNECTION_WAIT_S)
        self._idle_connections: list[IdleConnection] = []

    async def deliver(self, email: EmailContent) -> None:
        """Hand one letter over. Raises Undeliverable or Deferred."""
        envelope = build_envelope(email, self._runtime.now())
        async with self._limiter.acquire(envelope.recipient.rpartition("@")[2]):
            await self._send_envelope(envelope)

    async def close(self) -> None:
        """Take leave of the server."""
        while self._idle_connections:
            await _quit(self._idle_connections.pop().smtp)

    async def _send_envelope(self, envelope: EmailEnvelope) -> None:
        smtp = await self._obtain_connection()
        try:
            await _send_mail(smtp, envelope)
        except (SMTPException, OSError) as error:
            self._reduce_connections(error)
            raise classify_smtp_error(error) from None
        finally:
            self._keep_connection(smtp)

    def _reduce_connections(self, error: Exception) -> None:
        """Come on fewer connections where the server says that they are too many."""
        if isinstance(error, SMTPResponseException) and error.code in TOO_MANY_CONNECTIONS_CODES:
            self._limiter.reduce_limit(MIN_CONNECTIONS)

    async def _obtain_connection(self) -> SMTP:
        while self._idle_connections:
            kept = self._idle_connections.pop()
            if await _is_usable(kept):
                return kept.smtp
        try:
            return await open_smtp_connection(self._server, self._ehlo_name)
        except (SMTPException, OSError) as error:
            self._reduce_connections(error)
            problem = describe_connection_error(error)
            logger.warning("mail_server_unusable", extra={"problem": problem})
            raise TemporaryFailure(problem) from None

    def _keep_connection(self, smtp: SMTP) -> None:
        """Keep it for the next letter; of several the one used last goes first, and servers close the others."""
        if smtp.is_connected:
            self._idle_connections.append(IdleConnection(smtp, _loop_time_s()))


async def _send_mail(smtp: SMTP, envelope: EmailEnvelope) -> None:
    options = ["SMTPUTF8"] if envelope.needs_utf8 else []
    try:
        await smtp.sendmail(envelope.sender, envelope.recipient, envelope.contents, mail_options=options)
    except SMTPException:
        raise  # the library leaves the connection ready for the next letter, or closed
    except BaseException:  # stopped in the middle: the answer to come would be taken for that of the next command
        smtp.close()
        raise


async def open_smtp_connection(server: MailServer, name: str) -> SMTP:
    """A connection that is encrypted and logged in as the server's URL says. Raises SMTPException or OSError."""
    smtp = SMTP(
        hostname=server.host,
        port=server.port,
        local_hostname=name,
        timeout=COMMAND_TIMEOUT_S,
        use_tls=server.tls is TlsMode.FROM_START,
        start_tls=False,  # done below, where what is missing can be named
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
        await smtp.ehlo()  # RFC 3207, 4.2: what was said in clear does not count
    elif server.tls is TlsMode.REQUIRED:
        raise StartTlsNotOffered
    if server.username is None:
        return
    if not smtp.supports_extension("auth"):
        raise LoginNotOffered
    await smtp.login(server.username, server.password)


async def _is_usable(kept: IdleConnection) -> bool:
    if not kept.smtp.is_connected:
        return False
    if _loop_time_s() - kept.idle_since_s < UNCHECKED_IDLE_S:
        return True
    try:
        await kept.smtp.noop()
    except (SMTPException, OSError):
        kept.smtp.close()
        return False
    return True


async def _quit(smtp: SMTP) -> None:
    with suppress(SMTPException, OSError):
        await smtp.quit(timeout=QUIT_TIMEOUT_S)
    smtp.close()


def _loop_time_s() -> float:
    return asyncio.get_running_loop().time()


async def find_server_problem(server: MailServer, name: str, sender: str) -> str | None:
    """What keeps this server from taking letters of this sender, in words; None when nothing does."""
    try:
        smtp = await open_smtp_connection(server, name)
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
    """A failed connection in words for whoever runs the installation. It concerns no letter, so no citizen."""
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
