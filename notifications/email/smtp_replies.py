"""What a mail server's refusal means for a letter: never, or later. Pure: no sockets.

A letter is given up at once only when its own address or contents are refused. What is wrong between us and our
server (login, sender, relaying, a full disk) is put right by whoever runs it; no letter may be lost until then.
"""

from __future__ import annotations

import re

from aiosmtplib import (
    SMTPDataError,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from ..domain.send_results import Deferred, Undeliverable

# Refusals of RCPT that are about us: commands not known or out of order, login and encryption missing; and 552,
# which stands for 452 (RFC 5321, 4.5.3.1.10) and is how many say that a mailbox is full today.
ABOUT_US = frozenset({500, 502, 503, 530, 534, 535, 538, 552})
POLICY = "5.7."  # RFC 3463: security and policy; on RCPT mostly "relaying denied", which is about us as well
CONTENT = frozenset({550, 551, 553, 554})  # refusals of the letter itself (RFC 5321, 4.2.2)
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")


def verdict(error: Exception) -> Undeliverable | Deferred:
    """What the worker is told of a failed handing over: codes, never the server's words, which quote addresses."""
    if isinstance(error, SMTPRecipientsRefused):
        return _recipient(error.recipients[0])
    if isinstance(error, SMTPDataError):
        return _judged("letter_refused", error, final=error.code in CONTENT)
    if isinstance(error, SMTPNotSupported):
        return Undeliverable("address_needs_smtputf8")
    if isinstance(error, SMTPSenderRefused):
        return _judged("sender_refused", error, final=False)
    if isinstance(error, SMTPResponseException):
        return _judged("server_refused", error, final=False)
    return Deferred(type(error).__name__)


def _recipient(refusal: SMTPRecipientRefused) -> Undeliverable | Deferred:
    about_us = refusal.code in ABOUT_US or _enhanced(refusal.message).startswith(POLICY)
    return _judged("recipient_refused", refusal, final=refusal.code >= 500 and not about_us)


def _judged(what: str, refusal: SMTPResponseException, *, final: bool) -> Undeliverable | Deferred:
    reason = " ".join(filter(None, (what, str(refusal.code), _enhanced(refusal.message))))
    return Undeliverable(reason) if final else Deferred(reason)


def _enhanced(message: str) -> str:
    """The enhanced status code in front of a reply's text (RFC 2034), such as 5.1.1; empty without one."""
    found = _ENHANCED.match(message)
    return found.group() if found else ""
