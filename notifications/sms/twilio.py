"""The preset for Twilio, and for whoever speaks its API: account, token and sender are all that has to be known.

https://www.twilio.com/docs/messaging/api/message-resource (a form, basic authentication, 201) and
https://www.twilio.com/docs/api/errors (what `code` of a refusal means). Pure: no sockets.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from urllib.parse import urlencode

from .gateway_request import Gateway

API = "https://api.twilio.com"
# Codes that concern the number or the text: no later attempt ends otherwise. Twilio adds codes and splits old ones
# (changelog of 10 July 2024), so one that does not stand here is tried again while the message says something.
FINAL = frozenset(
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


def check_account(text: str) -> str:
    """Raises ValueError, in words for whoever sets it up."""
    if not _ACCOUNT.fullmatch(text):
        raise ValueError("write the Account SID: AC and 32 figures and letters from a to f")
    return text


def check_sender(text: str) -> str:
    """Raises ValueError, in words for whoever sets it up."""
    if not (_SERVICE.fullmatch(text) or _SENDER.fullmatch(text)):
        raise ValueError("write a number such as +34600000000, a name of up to 11 letters, or a service's MG…")
    return text


def form_of(sender: str) -> str:
    """The template of the request's form."""
    name = "MessagingServiceSid" if _SERVICE.fullmatch(sender) else "From"
    return f"To=$to&{urlencode({name: sender})}&Body=$text"


def gateway_of(
    base: str, account: str, token: str, sender: str, countries: frozenset[str], a_day: int, a_number_a_day: int
) -> Gateway:
    """The gateway of an account. `base`: scheme and host of whoever else speaks this API; empty for Twilio."""
    here = f"{(base or API).rstrip('/')}/2010-04-01/Accounts/{account}"
    login = b64encode(f"{account}:{token}".encode()).decode()
    return Gateway(
        url=f"{here}/Messages.json",
        body=form_of(sender),
        headers={"Authorization": f"Basic {login}"},
        countries=countries,
        a_day=a_day,
        a_number_a_day=a_number_a_day,
        final_codes=FINAL,
        account_url=f"{here}.json",
    )


def code_of(body: bytes) -> int | None:
    """The error's code in the JSON of a refusal; None when there is none."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    code = found.get("code") if isinstance(found, dict) else None
    return code if isinstance(code, int) else None
