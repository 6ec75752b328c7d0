"""The preset for Twilio, and for whoever speaks its API: account, token and sender are all that has to be known.

https://www.twilio.com/docs/messaging/api/message-resource (a form, basic authentication, 201) and
https://www.twilio.com/docs/api/errors (what `code` of a refusal means). Pure: no sockets.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from urllib.parse import urlencode

from .gateway_request import SmsGateway

API_URL = "https://api.twilio.com"
# Codes that concern the number or the text: no later attempt ends otherwise. Twilio adds codes and splits old ones
# (changelog of 10 July 2024), so one that does not stand here is tried again while the message says something.
PERMANENT_ERROR_CODES = frozenset(
    {
        21211,  # invalid 'To' phone number
        21214,  # 'To' phone number cannot be reached
        21217,  # phone number does not appear to be valid
        21265,  # 'To' number cannot be a short code
        21266,  # 'To' and 'From' number cannot be the same
        21610,  # whoever has this number told the sender to stop
        21612,  # not reachable from this sender
        21614,  # 'To' number is not a valid mobile number
        21617,  # the text is longer than 1600 characters
        21635,  # 'To' number cannot be a landline
    }
)
_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_SENDER = re.compile(r"\+\d{7,15}|\d{3,8}|[A-Za-z0-9][A-Za-z0-9 ]{0,10}")


def check_twilio_account(text: str) -> str:
    """Raises ValueError, in words for whoever sets it up."""
    if not _ACCOUNT.fullmatch(text):
        raise ValueError("write the Account SID: AC and 32 figures and letters from a to f")
    return text


def check_twilio_sender(text: str) -> str:
    """Raises ValueError, in words for whoever sets it up."""
    if not (_SERVICE.fullmatch(text) or _SENDER.fullmatch(text)):
        raise ValueError("write a number such as +34600000000, a name of up to 11 letters, or a service's MG…")
    return text


def message_form_template(sender: str) -> str:
    """The template of the request's form."""
    name = "MessagingServiceSid" if _SERVICE.fullmatch(sender) else "From"
    return f"To=$to&{urlencode({name: sender})}&Body=$text"


def build_twilio_gateway(
    base: str,
    account: str,
    token: str,
    sender: str,
    countries: frozenset[str],
    messages_per_day: int,
    messages_per_number_per_day: int,
) -> SmsGateway:
    """The gateway of an account. `base`: scheme and host of whoever else speaks this API; empty for Twilio."""
    here = f"{(base or API_URL).rstrip('/')}/2010-04-01/Accounts/{account}"
    login = b64encode(f"{account}:{token}".encode()).decode()
    return SmsGateway(
        url=f"{here}/Messages.json",
        body=message_form_template(sender),
        headers={"Authorization": f"Basic {login}"},
        countries=countries,
        messages_per_day=messages_per_day,
        messages_per_number_per_day=messages_per_number_per_day,
        permanent_error_codes=PERMANENT_ERROR_CODES,
        account_url=f"{here}.json",
    )


def parse_error_code(body: bytes) -> int | None:
    """The error's code in the JSON of a refusal; None when there is none."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    code = found.get("code") if isinstance(found, dict) else None
    return code if isinstance(code, int) else None
