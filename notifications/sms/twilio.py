"""Preset for Twilio and services with the same API. Pure: no sockets.

Account, token and sender are enough. Sources:
https://www.twilio.com/docs/messaging/api/message-resource (a form, basic authentication, 201) and
https://www.twilio.com/docs/api/errors (the meaning of `code` in a refusal).
"""

from __future__ import annotations

import re
from base64 import b64encode
from urllib.parse import urlencode

from .gateway_request import SmsGateway

API_URL = "https://api.twilio.com"
# Codes that concern the number or the text, so that every retry would fail. Twilio adds codes and splits old ones
# (changelog of 10 July 2024), so any other code is retried until the SMS expires.
PERMANENT_ERROR_CODES = frozenset(
    {
        21211,  # invalid 'To' phone number
        21214,  # 'To' phone number cannot be reached
        21217,  # phone number does not appear to be valid
        21265,  # 'To' number cannot be a short code
        21266,  # 'To' and 'From' number cannot be the same
        21610,  # the recipient has unsubscribed from this sender
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
    """Return the account.

    Raises ValueError with a hint for the operator if it is no Account SID.
    """
    if not _ACCOUNT.fullmatch(text):
        raise ValueError("write the Account SID: AC and 32 figures and letters from a to f")
    return text


def check_twilio_sender(text: str) -> str:
    """Return the sender.

    Raises ValueError with a hint for the operator if Twilio would not accept it.
    """
    if not (_SERVICE.fullmatch(text) or _SENDER.fullmatch(text)):
        raise ValueError("write a number such as +34600000000, a name of up to 11 letters, or a service's MG…")
    return text


def message_form_template(sender: str) -> str:
    """Build the template of the request's form."""
    name = "MessagingServiceSid" if _SERVICE.fullmatch(sender) else "From"
    return f"To=$to&{urlencode({name: sender})}&Body=$text"


def build_twilio_gateway(base: str, account: str, token: str, sender: str) -> SmsGateway:
    """Build the gateway of an account.

    `base`: scheme and host of another service; empty for Twilio.
    """
    account_url = f"{(base or API_URL).rstrip('/')}/2010-04-01/Accounts/{account}"
    login = b64encode(f"{account}:{token}".encode()).decode()
    return SmsGateway(
        url=f"{account_url}/Messages.json",
        body=message_form_template(sender),
        headers={"Authorization": f"Basic {login}"},
        permanent_error_codes=PERMANENT_ERROR_CODES,
        account_url=f"{account_url}.json",
    )
