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

from ..domain.send_results import PermanentFailure, TemporaryFailure

# Refusals of RCPT that are about us: commands not known or out of order, login and encryption missing; and 552,
# which stands for 452 (RFC 5321, 4.5.3.1.10) and is how many say that a mailbox is full today.
SENDER_PROBLEM_CODES = frozenset({500, 502, 503, 530, 534, 535, 538, 552})
POLICY_STATUS_PREFIX = (
    "5.7."  # RFC 3463: security and policy; on RCPT mostly "relaying denied", which is about us as well
)
CONTENT_REFUSED_CODES = frozenset({550, 551, 553, 554})  # refusals of the letter itself (RFC 5321, 4.2.2)
_ENHANCED_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")


def classify_smtp_error(error: Exception) -> PermanentFailure | TemporaryFailure:
    """What the worker is told of a failed handing over: codes, never the server's words, which quote addresses."""
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
    about_us = refusal.code in SENDER_PROBLEM_CODES or _enhanced_status(refusal.message).startswith(
        POLICY_STATUS_PREFIX
    )
    return _to_failure("recipient_refused", refusal, is_permanent=refusal.code >= 500 and not about_us)


def _to_failure(
    code: str, refusal: SMTPResponseException, *, is_permanent: bool
) -> PermanentFailure | TemporaryFailure:
    reason = " ".join(filter(None, (code, str(refusal.code), _enhanced_status(refusal.message))))
    return PermanentFailure(reason) if is_permanent else TemporaryFailure(reason)


def _enhanced_status(message: str) -> str:
    """The enhanced status code in front of a reply's text (RFC 2034), such as 5.1.1; empty without one."""
    found = _ENHANCED_STATUS.match(message)
    return found.group() if found else ""
