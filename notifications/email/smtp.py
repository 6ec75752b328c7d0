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
from ..domain.send_results import Deferred
from .connection_pool import Lanes
from .mime import Envelope, envelope_of
from .server_url import MailServer, Tls
from .smtp_replies import verdict
from .writer import Email

logger = logging.getLogger(__name__)

STEP_S = 20  # for one answer; the worker gives a whole letter a minute
LANES = 8  # connections at a time: a letter that the server is slow with delays no other
FEWEST_LANES = 3  # so many also where the server wants fewer, which is what the strictest take
SPARED = 2  # of these for other domains than one: a server may wait for that domain's own with each letter
TOO_MANY = frozenset({421, 432})  # how servers say that we have too many connections (RFC 5321, 3.8; Exchange)
LANE_S = 30  # how long a letter waits for one; where all are stuck it comes again later
FRESH_S = 5  # so long a kept connection is used unasked; servers close idle ones after ten seconds to five minutes
GOODBYE_S = 2


@dataclass(frozen=True, slots=True)
class Kept:
    """A connection that waits for its next letter; `since` in the loop's seconds."""

    smtp: SMTP
    since: float


class NoStartTls(SMTPException):
    """The server does not encrypt, and the setting insists on it."""

    def __init__(self) -> None:
        super().__init__("it does not offer STARTTLS")


class NoLogin(SMTPException):
    """The server takes no name and password on this connection."""

    def __init__(self) -> None:
        super().__init__("it takes no login on this connection")


class SmtpTransport:
    """The transport for e-mail where a mail server is set. `name` is how this machine introduces itself (EHLO)."""

    def __init__(self, runtime: Runtime, server: MailServer, name: str) -> None:
        self._runtime = runtime
        self._server = server
        self._name = name
        self._lanes = Lanes(LANES, SPARED, LANE_S)
        self._kept: list[Kept] = []

    async def deliver(self, email: Email) -> None:
        """Hand one letter over. Raises Undeliverable or Deferred."""
        envelope = envelope_of(email, self._runtime.now())
        async with self._lanes.taken(envelope.recipient.rpartition("@")[2]):
            await self._hand_over(envelope)

    async def close(self) -> None:
        """Take leave of the server."""
        while self._kept:
            await _take_leave(self._kept.pop().smtp)

    async def _hand_over(self, envelope: Envelope) -> None:
        smtp = await self._connection()
        try:
            await _send(smtp, envelope)
        except (SMTPException, OSError) as error:
            self._mind(error)
            raise verdict(error) from None
        finally:
            self._give_back(smtp)

    def _mind(self, error: Exception) -> None:
        """Come on fewer connections where the server says that they are too many."""
        if isinstance(error, SMTPResponseException) and error.code in TOO_MANY:
            self._lanes.narrow(FEWEST_LANES)

    async def _connection(self) -> SMTP:
        while self._kept:
            kept = self._kept.pop()
            if await _is_there(kept):
                return kept.smtp
        try:
            return await connect(self._server, self._name)
        except (SMTPException, OSError) as error:
            self._mind(error)
            problem = explain(error)
            logger.warning("mail_server_unusable", extra={"problem": problem})
            raise Deferred(problem) from None

    def _give_back(self, smtp: SMTP) -> None:
        """Keep it for the next letter; of several the one used last goes first, and servers close the others."""
        if smtp.is_connected:
            self._kept.append(Kept(smtp, _now()))


async def _send(smtp: SMTP, envelope: Envelope) -> None:
    options = ["SMTPUTF8"] if envelope.needs_utf8 else []
    try:
        await smtp.sendmail(envelope.sender, envelope.recipient, envelope.contents, mail_options=options)
    except SMTPException:
        raise  # the library leaves the connection ready for the next letter, or closed
    except BaseException:  # stopped in the middle: the answer to come would be taken for that of the next command
        smtp.close()
        raise


async def connect(server: MailServer, name: str) -> SMTP:
    """A connection that is encrypted and logged in as the server's URL says. Raises SMTPException or OSError."""
    smtp = SMTP(
        hostname=server.host,
        port=server.port,
        local_hostname=name,
        timeout=STEP_S,
        use_tls=server.tls is Tls.FROM_START,
        start_tls=False,  # done below, where what is missing can be named
        tls_context=await asyncio.to_thread(_tls_context, server),
    )
    await smtp.connect()
    try:
        await _prepare(smtp, server)
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


async def _prepare(smtp: SMTP, server: MailServer) -> None:
    await smtp.ehlo()
    if server.tls in (Tls.OFFERED, Tls.REQUIRED) and smtp.supports_extension("starttls"):
        await smtp.starttls()
        await smtp.ehlo()  # RFC 3207, 4.2: what was said in clear does not count
    elif server.tls is Tls.REQUIRED:
        raise NoStartTls
    if server.username is None:
        return
    if not smtp.supports_extension("auth"):
        raise NoLogin
    await smtp.login(server.username, server.password)


async def _is_there(kept: Kept) -> bool:
    if not kept.smtp.is_connected:
        return False
    if _now() - kept.since < FRESH_S:
        return True
    try:
        await kept.smtp.noop()
    except (SMTPException, OSError):
        kept.smtp.close()
        return False
    return True


async def _take_leave(smtp: SMTP) -> None:
    with suppress(SMTPException, OSError):
        await smtp.quit(timeout=GOODBYE_S)
    smtp.close()


def _now() -> float:
    return asyncio.get_running_loop().time()


async def problem_of(server: MailServer, name: str, sender: str) -> str | None:
    """What keeps this server from taking letters of this sender, in words; None when nothing does."""
    try:
        smtp = await connect(server, name)
    except (SMTPException, OSError) as error:
        return explain(error)
    try:
        await smtp.mail(sender)
        await smtp.rset()
        await smtp.noop()
    except (SMTPException, OSError) as error:
        return explain(error)
    finally:
        await _take_leave(smtp)
    return None


def explain(error: Exception) -> str:
    """A failed connection in words for whoever runs the installation. It concerns no letter, so no citizen."""
    cause = error.__cause__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        return f"no encrypted connection: {cause.reason}"
    if isinstance(error, TimeoutError):
        return f"no answer within {STEP_S} s"
    if isinstance(error, SMTPResponseException):
        return f"it refuses us: {error.code} {error.message}"
    if isinstance(cause, OSError) and cause.strerror:
        return f"no connection: {cause.strerror}"
    return str(error)
