"""A real mail server on loopback that can refuse e-mails, hang, or close connections."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from ...support.coturn import write_certificate

LOOPBACK = "127.0.0.1"
USER, PASSWORD = "office360", "p@ss/w:rd"


class LocalMailServer:
    """The e-mails that a server received, and the faults that it simulates.

    Answers are by recipient; "" is for all recipients.
    """

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []  # accepted
        self.arrived: list[Envelope] = []  # received completely, accepted or not
        self.rcpt_answers: dict[str, str] = {}  # answers to RCPT
        self.data_answers: dict[str, str] = {}  # answers to the content
        self.mail_answer: str | None = None  # answer to MAIL
        self.senders: list[str] = []  # of each MAIL command that was accepted
        self.cut_at_commands: set[str] = set()  # commands that close the connection, once each
        self.gates: dict[str, asyncio.Event] = {}  # by recipient: DATA is answered when the gate opens
        self.logins: list[str] = []
        self.connections = 0
        self.most_open = 0
        self.encrypted: list[bool] = []  # for each accepted e-mail
        self.open: set[asyncio.Transport] = set()
        self.email_arrived = asyncio.Event()
        self.port = 0

    @property
    def emails(self) -> list[EmailMessage]:
        return [parse_email(envelope) for envelope in self.envelopes]

    def url(self, user: bool = False, scheme: str = "smtp", query: str = "", password: str = PASSWORD) -> str:
        quoted = password.replace("@", "%40").replace("/", "%2F").replace(":", "%3A")
        login = f"{USER}:{quoted}@" if user else ""
        return f"{scheme}://{login}{LOOPBACK}:{self.port}{query}"

    def open_transports(self) -> set[asyncio.Transport]:
        return {transport for transport in self.open if not transport.is_closing()}

    def close_connections(self) -> None:
        """Close every connection, as a server does after its idle timeout."""
        for transport in list(self.open):
            transport.close()

    # called by aiosmtpd

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        self.logins.append(data.login.decode())
        return AuthResult(success=good, handled=False)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._cut_connection_at("MAIL", server):
            return "421 cut"
        if self.mail_answer is not None:
            return self.mail_answer
        self.senders.append(address)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._cut_connection_at("RCPT", server):
            return "421 cut"
        answer = self.rcpt_answers.get(address) or self.rcpt_answers.get("")
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        (recipient,) = envelope.rcpt_tos
        self.arrived.append(envelope)
        self.email_arrived.set()
        if recipient in self.gates:
            await self.gates[recipient].wait()
        if self._cut_connection_at("DATA", server):
            return "421 cut"
        answer = self.data_answers.get(recipient) or self.data_answers.get("")
        if answer is not None:
            return answer
        self.encrypted.append(session.ssl is not None)
        self.envelopes.append(envelope)
        return "250 2.0.0 Ok: queued as 4F2"

    def _cut_connection_at(self, command: str, server: SMTP) -> bool:
        if command not in self.cut_at_commands:
            return False
        self.cut_at_commands.discard(command)
        assert isinstance(server.transport, asyncio.Transport)
        server.transport.close()
        return True


def parse_email(envelope: Envelope) -> EmailMessage:
    assert isinstance(envelope.content, bytes)
    message = message_from_bytes(envelope.content, policy=SMTPUTF8)
    assert isinstance(message, EmailMessage)
    return message


class _MailConnection(SMTP):
    """A connection that counts itself at its server."""

    def __init__(self, mail_server: LocalMailServer, **options: Any) -> None:
        super().__init__(mail_server, **options)
        self._mail_server = mail_server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if self.session is None:  # after STARTTLS the same connection is made a second time
            self._mail_server.connections += 1
        self._mail_server.open = self._mail_server.open_transports() | {transport}
        self._mail_server.most_open = max(self._mail_server.most_open, len(self._mail_server.open))
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._mail_server.open = self._mail_server.open_transports()
        super().connection_lost(error)


@asynccontextmanager
async def run_mail_server(
    folder: Path,
    *,
    starttls: bool = False,
    tls: bool = False,
    login: bool = False,
    utf8: bool = True,
    port: int = 0,
) -> AsyncIterator[LocalMailServer]:
    """Run a server, by default on a free port.

    With TLS its certificate is in `folder/cert.pem`.
    """
    mail_server = LocalMailServer()
    context = _context(folder) if starttls or tls else None
    make_connection = _connection_factory(
        mail_server, context if starttls else None, login=login, encrypted=starttls, utf8=utf8
    )
    server = await asyncio.get_running_loop().create_server(
        make_connection, LOOPBACK, port, ssl=context if tls else None
    )
    mail_server.port = server.sockets[0].getsockname()[1]
    try:
        yield mail_server
    finally:
        server.close()
        mail_server.close_connections()
        await server.wait_closed()


def _context(folder: Path) -> ssl.SSLContext:
    if not (folder / "cert.pem").exists():
        write_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def _connection_factory(
    mail_server: LocalMailServer, context: ssl.SSLContext | None, *, login: bool, encrypted: bool, utf8: bool
) -> Callable[[], _MailConnection]:
    loop = asyncio.get_running_loop()

    def make_connection() -> _MailConnection:
        return _MailConnection(
            mail_server,
            loop=loop,
            hostname="mail.test",
            tls_context=context,
            enable_SMTPUTF8=utf8,
            authenticator=mail_server.authenticate if login else None,
            auth_required=login and encrypted,
            auth_require_tls=encrypted or not login,  # else aiosmtpd offers no login without TLS
        )

    return make_connection
