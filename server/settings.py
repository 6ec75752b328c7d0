"""Settings from the environment, which no other module reads.

Every setting is listed in docs/settings.md; a test compares the two.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url

# modules, not each feature's service.py: every command reads the settings, and few need the features
from ..appointments.domain.requester import BookingLimits
from ..chatbot.domain.model_endpoint import ModelEndpoint
from ..core.contact.push_subscriptions import PushSettings
from ..core.db.postgres import PostgresOptions
from ..core.i18n.languages import LANGUAGES, LanguageChoice
from ..notifications.channel_setup import ChannelSetup
from ..notifications.domain.channel_budgets import BudgetLimits
from ..notifications.domain.quiet_hours import QuietHours, parse_quiet_hours
from ..notifications.email.mime import parse_return_path
from ..notifications.email.server_url import parse_mail_server
from ..notifications.push.vapid import VapidIdentity, check_vapid_private_key, check_vapid_subject
from ..notifications.sms.declaration import SMS_CHANNEL
from ..notifications.sms.gateway_request import SmsGateway, check_sms_template, parse_sms_headers
from ..notifications.sms.twilio import build_twilio_gateway, check_twilio_account, check_twilio_sender
from ..notifications.telegram.bot_api import TelegramBot
from ..notifications.telegram.setup import telegram_setup
from ..notifications.whatsapp.cloud_api import WhatsAppAccount
from ..notifications.whatsapp.setup import whatsapp_setup
from ..staff.actions.federation.provider_values import ProviderSettings
from .secret_files import FILE_SUFFIX, SECRET_SETTINGS, read_secret_files
from .settings_validators import (
    allow_empty,
    check_addresses,
    check_calling_codes,
    check_database_url,
    check_emergency_numbers,
    check_issuer,
    check_mail_from,
    check_model_url,
    check_networks,
    check_port_range,
    check_ports,
    check_redis_url,
    check_relays,
    check_scopes,
    check_user_header,
    normalize_site,
    normalize_test_rooms,
    split_commas,
    url_with_scheme,
)
from .testroom.addresses import TestRoomAddress, parse_test_room

ENV_PREFIX = "OFFICE360_"
MIN_SECRET_LENGTH = 32  # characters; a shorter secret can be guessed offline from one link
# Variables that others read: commands (a file with settings), compose.yaml and the Caddyfile, and the tests.
# "TEST_ROOM…" is a misspelt setting.
OTHER_VARIABLES = re.compile(
    r"OFFICE360_(ENV_FILE|SITE|IMAGE|TLS|UPSTREAM|ACCESS_LOG|UNAVAILABLE|TEST_(?!ROOM)\w+)"
)
# Kubernetes gives each container the addresses of its namespace's services, and so of a named office360-…
SERVICE_LINK = re.compile(r"(OFFICE360(?:_\w+?)??)_(?:SERVICE|PORT)(?:_\w+)?")
DEFAULT_MAIL_FROM = "Office 360 <no-reply@localhost>"
# Settings of which the first is of no use without the others.
NEEDED_COMPANIONS: Mapping[str, tuple[str, ...]] = {
    "turn_uris": ("turn_secret",),
    "vapid_private_key": ("vapid_subject",),
    "sms_preset": ("sms_account", "sms_token", "sms_sender"),
    "whatsapp_number_id": ("whatsapp_token", "whatsapp_app_secret", "whatsapp_verify_token"),
    "telegram_bot": ("telegram_token", "telegram_webhook_secret"),
    "oidc_issuer": ("oidc_client_id", "oidc_client_secret", "oidc_name"),
    "chat_model_url": ("chat_model_name", "chat_model_operator"),
}


class SettingsError(Exception):
    """All problems of the environment, one line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


CommaSeparated = Annotated[list[str], NoDecode, BeforeValidator(split_commas)]


class Settings(BaseSettings):
    """The installation's settings, from variables with the prefix OFFICE360_."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="ignore", frozen=True)

    environment: Literal["production", "development"] = Field(
        "production", description="`development` shows the outbox page; only the demo sets it by itself."
    )
    database_url: Annotated[str, AfterValidator(check_database_url)] = Field(
        "sqlite+aiosqlite:///var/office360.db",
        description="`sqlite+aiosqlite:///PATH` or `postgresql+asyncpg://USER:PASSWORD@HOST/NAME`.",
    )
    database_pool: int = Field(
        10, ge=1, description="PostgreSQL connections of one process for transactions that write, at most."
    )
    database_read_pool: int = Field(
        10,
        ge=1,
        description="PostgreSQL connections of one process for reading, at most. "
        "The sum of both and one for its heartbeat, times the "
        "processes of `serve`, `worker` and `testroom`, must stay below `max_connections`.",
    )
    database_pgbouncer: bool = Field(
        False,
        description="Whether `DATABASE_URL` leads to PgBouncer in transaction mode; see docs/install.md.",
    )
    secret_key: CommaSeparated = Field(
        default_factory=list,
        description="Signs links and forms. Several, comma-separated: the first signs, all verify. "
        "At least 32 characters each; required in production.",
    )
    public_url: Annotated[str, AfterValidator(normalize_site)] = Field(
        "http://127.0.0.1:8360", description="Where people reach this site; https in production."
    )
    source_url: Annotated[str, AfterValidator(url_with_scheme("https"))] = Field(
        "",
        description="Where the source code of this installation is, for the footers, as the licence asks "
        "(EUPL-1.2, article 5): your own repository if you have changed the product. https.",
    )
    languages: CommaSeparated = Field(
        default_factory=lambda: list(LanguageChoice().offered),
        description="Languages of pages and messages, comma-separated, in the order of the language menu; "
        f"known are {', '.join(f'`{code}`' for code in LANGUAGES)} (docs/translating.md). `es,en` by default.",
    )
    default_language: str = Field(
        "es", description="The language of people whose browser asks for none of `LANGUAGES`."
    )
    required_language: str = Field(
        "es",
        description="The language in which an office must write each of its names and texts; other languages "
        "that lack a text show this.",
    )
    confirmed_languages: CommaSeparated = Field(
        default_factory=lambda: list(LanguageChoice().confirmed),
        description="Languages whose legal, consent and evacuation texts someone has read and confirmed; in "
        "others people see these in the next language (docs/translating.md). `es,en` by default.",
    )
    trusted_proxies: CommaSeparated = Field(
        default_factory=list, description="Addresses whose `X-Forwarded-*` headers are trusted, comma-separated."
    )
    oidc_issuer: Annotated[str, AfterValidator(allow_empty(check_issuer))] = Field(
        "",
        description="The organisation's identity provider, exactly as its discovery document names itself, such "
        "as `https://login.example.org/realms/staff` (docs/sign_in.md). https in production. Empty: none.",
    )
    oidc_client_id: str = Field("", description="The client as which this installation is registered there.")
    oidc_client_secret: str = Field("", description="The secret of that client.", repr=False)
    oidc_name: str = Field(
        "", description="The provider's name on the button of the login page: `Sign in with NAME`.", max_length=60
    )
    oidc_scopes: Annotated[str, AfterValidator(check_scopes)] = Field(
        "openid profile email",
        description="What the login asks for, separated by spaces. Some providers give a refresh token or groups "
        "only with `offline_access` or `groups`.",
    )
    oidc_groups_claim: str = Field(
        "groups",
        min_length=1,
        description="The claim with the groups of a person, in the ID token or userinfo; with dots for nested "
        "ones, such as `realm_access.roles`.",
    )
    oidc_check_minutes: int = Field(
        5, ge=1, le=60, description="Minutes after which the provider is asked again about an open session."
    )
    oidc_grace_minutes: int = Field(
        60,
        ge=0,
        le=720,
        description="Minutes that sessions go on after a due check while the provider does not answer.",
    )
    local_login: bool = Field(
        True,
        description="Whether the login page shows user and password; `false`: only at `/staff/?local=1`, for "
        "the accounts that must work without the provider.",
    )
    remote_user_header: Annotated[str, AfterValidator(allow_empty(check_user_header))] = Field(
        "",
        description="The header in which a proxy of `TRUSTED_PROXIES` names the person whom it has "
        "authenticated, such as `X-Remote-User` (docs/sign_in.md). Empty: no header is read.",
    )
    redis_url: Annotated[str, AfterValidator(check_redis_url)] = Field(
        "",
        description="The bus between processes: `redis://HOST/0`, `rediss://…` or `unix:///PATH`; Redis or "
        "Valkey, one server or a cluster. With Sentinel: "
        "`redis+sentinel://HOST:26379,HOST2,HOST3/0?service=NAME`, or `rediss+sentinel`, with "
        "`&sentinel_password=…` if the sentinels need one. Empty: a single process without a bus.",
    )
    workers: int = Field(1, ge=1, description="Web processes. More than one needs a bus between processes.")
    # not HOST and PORT: Kubernetes sets OFFICE360_PORT=tcp://… for a service of that name
    listen_host: str = Field("127.0.0.1", description="Address on which `serve` listens without `--host`.")
    listen_port: int = Field(8360, ge=1, le=65_535, description="Port on which `serve` listens without `--port`.")
    testroom_listen_host: str = Field(
        "127.0.0.1", description="Address on which `testroom` listens without `--host`."
    )
    testroom_listen_port: int = Field(
        8361, ge=1, le=65_535, description="Port on which `testroom` listens without `--port`."
    )
    others_serve: bool = Field(
        False,
        description="Whether other containers or machines serve while this process is stopped: it then answers "
        "for up to 20 s on connections that a proxy has open, so that no request is lost.",
    )
    embedded_worker: bool = Field(
        True,
        description="Whether `serve` also sends the outbox and fires timers; false beside `worker`.",
    )
    native_fanout: bool = Field(
        True,
        description="Whether states may go to phones and displays by the native call, if it was built; "
        "`false` sends them one by one (docs/install.md#native-fan-out).",
    )
    turn_uris: Annotated[CommaSeparated, AfterValidator(check_relays)] = Field(
        default_factory=list, description="The relay's `turn:` and `turns:` URIs, comma-separated."
    )
    turn_secret: str = Field("", description="The secret shared with coturn (`use-auth-secret`).")
    testroom_url: Annotated[CommaSeparated, AfterValidator(normalize_test_rooms)] = Field(
        default_factory=list,
        description="Where `office360 testroom` processes listen, comma-separated: `/api/v1/tests` is "
        "forwarded to them. Empty: the test room runs inside the web process. With rooms in several regions, each "
        "is `REGION=URL+stun:HOST:3478`, and tests go to the nearest region (docs/install.md).",
    )
    testroom_sessions: int = Field(24, ge=1, description="Tests that one test room runs at a time; others queue.")
    testroom_ports: Annotated[str, AfterValidator(check_port_range)] = Field(
        "49500-49999", description="UDP ports of the test room's media, first and last."
    )
    testroom_addresses: Annotated[CommaSeparated, AfterValidator(check_addresses)] = Field(
        default_factory=list,
        description="Where browsers reach these ports if the test room is behind an address translator, as in "
        "a container or at a cloud's floating address: one IPv4 address, one IPv6 address, or both, "
        "comma-separated. Ports must stay the same. Empty: the machine's own addresses.",
    )
    smtp_url: Annotated[str, AfterValidator(allow_empty(parse_mail_server))] = Field(
        "",
        description="The mail server: `smtp://USER:PASSWORD@HOST:587` (STARTTLS required, certificate checked), "
        "`smtps://…`, or `smtp://HOST` for a relay without login (STARTTLS when it is offered). "
        "`?starttls=required` or `?starttls=off` override this. Empty: e-mails wait in the outbox.",
    )
    help_phone: str = Field(
        "",
        description="The telephone that pages and e-mails give for help while Look and law has none "
        "(docs/look_and_law.md).",
    )
    mail_from: Annotated[str, AfterValidator(check_mail_from)] = Field(
        DEFAULT_MAIL_FROM, description="The sender of e-mails, with or without a display name."
    )
    mail_return_path: Annotated[str, AfterValidator(allow_empty(parse_return_path))] = Field(
        "",
        description="The mailbox that other mail servers tell which e-mail they could not deliver, an address "
        "without a name (docs/mail.md). Empty: that of `MAIL_FROM`.",
    )
    vapid_private_key: Annotated[str, AfterValidator(allow_empty(check_vapid_private_key))] = Field(
        "",
        description="The key that web pushes are signed with; `office360 vapid-keys` prints one. A new "
        "key makes all browser subscriptions invalid. Empty: pages offer no pushes.",
    )
    vapid_subject: Annotated[str, AfterValidator(allow_empty(check_vapid_subject))] = Field(
        "", description="How a push service reaches the operator: `mailto:ADDRESS` or `https://PAGE`."
    )
    push_ports: Annotated[CommaSeparated, AfterValidator(check_ports)] = Field(
        default_factory=lambda: ["443"],
        description="Ports at which web pushes may reach push services, comma-separated; `443` by default, which "
        "all known browsers use.",
    )
    sms_preset: Literal["", "twilio"] = Field(
        "",
        description="`twilio`: SMS go by Twilio's API, and only `SMS_ACCOUNT`, `SMS_TOKEN` and "
        "`SMS_SENDER` are needed; `SMS_URL` names another gateway with the same API.",
    )
    sms_account: Annotated[str, AfterValidator(allow_empty(check_twilio_account))] = Field(
        "", description="The preset's account (Account SID)."
    )
    sms_token: str = Field("", description="The preset's secret (Auth Token).", repr=False)
    sms_sender: Annotated[str, AfterValidator(allow_empty(check_twilio_sender))] = Field(
        "",
        description="The sender of the preset's SMS: a number, a name of up to 11 characters, "
        "or a service (`MG…`).",
    )
    sms_url: Annotated[str, AfterValidator(url_with_scheme("https", "http"))] = Field(
        "",
        description="The SMS gateway's address for one message, by POST. Empty, and no `SMS_PRESET`: pages offer "
        "no SMS.",
    )
    sms_body: Annotated[str, AfterValidator(check_sms_template)] = Field(
        '{"to": "$to", "text": "$text", "reference": "$key"}',
        description="What is posted: JSON, or a form such as `to=$to&message=$text`. `$to` is the number in "
        "E.164, `$key` the same at every attempt, also sent as `Idempotency-Key`.",
    )
    sms_headers: Annotated[str, AfterValidator(allow_empty(parse_sms_headers))] = Field(
        "", description='Headers of that request as a JSON object, such as `{"Authorization": "Bearer KEY"}`.'
    )
    sms_countries: Annotated[CommaSeparated, AfterValidator(check_calling_codes)] = Field(
        default_factory=lambda: ["34"],
        description="Calling codes that SMS go to, comma-separated; `34` by default.",
    )
    emergency_numbers: Annotated[CommaSeparated, AfterValidator(check_emergency_numbers)] = Field(
        default_factory=list,
        description="Numbers that the assistant tells in danger, as COUNTRY=GENERAL/VIOLENCE/SUICIDE,"
        " comma-separated. Spain has `ES=112/016/024` by default, every other country 112.",
    )
    sms_per_day: int = Field(
        1_000, ge=1, description="SMS a day (UTC) of the whole installation; an alarm from 80 %."
    )
    sms_per_number: int = Field(20, ge=1, description="SMS a day to one number, and about one turn.")
    sms_per_office: int = Field(
        500, ge=1, description="SMS a day (UTC) of one office. The last fifth is for people near their call."
    )
    sms_numbers_per_address: int = Field(
        30,
        ge=1,
        description="Different numbers that one address gives in a day for the SMS of turns.",
    )
    whatsapp_number_id: Annotated[str, StringConstraints(pattern=r"\d*")] = Field(
        "",
        description="The id of the telephone number at WhatsApp's Cloud API (docs/notifications.md#whatsapp). "
        "Empty: pages offer no WhatsApp.",
    )
    whatsapp_token: str = Field("", description="The access token of that API.", repr=False)
    whatsapp_app_secret: str = Field(
        "", description="The secret of the app, with which Meta signs its calls.", repr=False
    )
    whatsapp_verify_token: str = Field(
        "", description="The word that Meta repeats when the webhook is entered there.", repr=False
    )
    whatsapp_template: Annotated[str, StringConstraints(pattern=r"[a-z0-9_]+")] = Field(
        "office360_notice", description="The approved template of all messages, in each language of people."
    )
    whatsapp_url: Annotated[str, AfterValidator(url_with_scheme("https", "http"))] = Field(
        "", description="Another address of that API, such as a gateway with the same calls. Empty: Meta's."
    )
    whatsapp_countries: Annotated[CommaSeparated, AfterValidator(check_calling_codes)] = Field(
        default_factory=lambda: ["34"],
        description="Calling codes that WhatsApp goes to, comma-separated; `34` by default.",
    )
    whatsapp_per_day: int = Field(
        1_000, ge=1, description="Messages by WhatsApp a day (UTC) of the whole installation."
    )
    whatsapp_per_number: int = Field(20, ge=1, description="The same to one number, and about one turn.")
    whatsapp_per_office: int = Field(
        500, ge=1, description="The same of one office. The last fifth is for people near their call."
    )
    telegram_bot: Annotated[str, StringConstraints(pattern=r"\w*")] = Field(
        "",
        description="The name of a bot at Telegram, without @ (docs/notifications.md#telegram). Empty: pages "
        "offer no Telegram.",
    )
    telegram_token: str = Field("", description="The token of that bot.", repr=False)
    telegram_webhook_secret: Annotated[str, StringConstraints(pattern=r"[A-Za-z0-9_-]{0,256}")] = Field(
        "", description="The secret that Telegram sends with each call, as given to `setWebhook`.", repr=False
    )
    telegram_url: Annotated[str, AfterValidator(url_with_scheme("https", "http"))] = Field(
        "", description="Another address of the Bot API, such as an own server. Empty: Telegram's."
    )
    quiet_hours: Annotated[str, AfterValidator(allow_empty(parse_quiet_hours))] = Field(
        "21:30-8:00",
        description="When pushes and SMS that can wait, such as reminders, are postponed to the morning, in each "
        "office's time zone. Calls and e-mails are never postponed. Empty: never.",
    )
    contacts_kept_days: int = Field(
        30,
        ge=1,
        description="Days after which the contacts and contents of messages, and the names, contacts and needs of "
        "past tickets, appointments and calls, are deleted, each night.",
    )
    document_scanner: Annotated[str, AfterValidator(url_with_scheme("clamd"))] = Field(
        "",
        description="Virus scanner of the documents sent in video calls: a clamd on TCP, `clamd://host:3310`. A "
        "document waits while it cannot be asked. Empty: documents are not scanned.",
    )
    acceptances_kept_days: int = Field(
        5 * 365 + 2,  # limitation of personal actions in Spain: Código Civil, art. 1964.2
        ge=1,
        description="Days after which the citizen's name and masked contact leave the texts that were accepted in "
        "video calls; never earlier than `CONTACTS_KEPT_DAYS`. Five years by default.",
    )
    chat_model_url: Annotated[str, AfterValidator(check_model_url)] = Field(
        "",
        description="A language model that the assistant asks about sentences which it does not understand, "
        "as the base of an OpenAI-compatible API: `https://models.example.org/v1`, or http to this machine or a "
        "private network (docs/install.md). Empty: none.",
    )
    chat_model_name: str = Field("", description="The model there, as its API names it.")
    chat_model_operator: str = Field(
        "", max_length=120, description="Who runs that model, as `/privacy` names them to citizens."
    )
    chat_model_key: str = Field("", description="The key of that API, if it needs one.", repr=False)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Lowest level that is logged."
    )
    gets_per_minute: int = Field(600, ge=1, description="Page and API reads of one address in a minute.")
    tickets_per_minute: int = Field(60, ge=1, description="Ticket requests of one address in a minute.")
    writes_per_minute: int = Field(
        240, ge=1, description="Other changes of one address in a minute, and of one member of staff."
    )
    bookings_per_hour: int = Field(
        20,
        ge=1,
        description="Booking requests of one address in an hour, and as many requests for the waiting list.",
    )
    holds_per_address: int = Field(
        20, ge=0, description="Open holds of one address while forms are filled in; 0: any number."
    )
    turns_per_address: int = Field(
        30,
        ge=0,
        description="Open turns without appointment of one address in one office; from the fourth on a browser "
        "solves a proof of work. 0: any number, without proof.",
    )
    office_networks: Annotated[CommaSeparated, AfterValidator(check_networks)] = Field(
        default_factory=list,
        description="Networks of the offices' Wi-Fi and tablets, such as `203.0.113.7/32`, comma-separated; "
        "`TURNS_PER_ADDRESS` and `SMS_NUMBERS_PER_ADDRESS` do not count there.",
    )
    unverified_per_address: int = Field(
        3,
        ge=0,
        description="Appointments, and as many waiting-list entries, of one address under e-mails whose link was "
        "not opened; 0: any number, as in the demo.",
    )
    appointments_per_mailbox: int = Field(
        6,
        ge=0,
        description="Future appointments that one device or address books for one e-mail; 0: any number.",
    )
    proof_difficulty: int = Field(
        50_000,
        ge=1,
        description="How many numbers a browser tries at most for a proof of work; half on average.",
    )
    programs_prove: bool = Field(
        True,
        description="Whether a program without a key needs a proof of work or a verified e-mail to book or to "
        "join the waiting list; `false` in the demo, so that a first booking takes one call.",
    )
    tests_per_hour: int = Field(
        5, ge=1, description="Connection tests of one address in an hour without an appointment."
    )
    sockets_per_address: int = Field(1_000, ge=1, description="Open sockets of one address.")
    connections_per_address: int = Field(
        1_500,
        ge=1,
        description="Open HTTP connections of one address to one process. A trusted proxy is not counted and "
        "limits its own clients, as `limit_conn` in `deploy/server/nginx.conf` does.",
    )

    @model_validator(mode="after")
    def _check_combinations(self) -> Settings:
        problems = [
            *self._key_problems(),
            *self._site_problems(),
            *self._language_problems(),
            *self._mail_problems(),
            *self._missing_companions(),
            *self._sign_in_problems(),
        ]
        if self.workers > 1 and not self.redis_url:
            problems.append("REDIS_URL: needed for more than one worker; phones on one would not hear the others")
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _key_problems(self) -> list[str]:
        if self.environment == "production" and not self.secret_key:
            return [f"SECRET_KEY: missing; for example {secrets.token_urlsafe(32)}"]
        if any(len(key) < MIN_SECRET_LENGTH for key in self.secret_key):
            return [f"SECRET_KEY: each needs at least {MIN_SECRET_LENGTH} characters"]
        return []

    def _site_problems(self) -> list[str]:
        if self.environment == "production" and not self.public_url.startswith("https://"):
            return ["PUBLIC_URL: https:// is needed in production; browsers give no camera without it"]
        return []

    def _language_problems(self) -> list[str]:
        chosen = {"DEFAULT_LANGUAGE": self.default_language, "REQUIRED_LANGUAGE": self.required_language}
        unknown = [f"LANGUAGES: {code} is unknown" for code in self.languages if code not in LANGUAGES]
        missing = [
            f"{name}: {code} is not one of LANGUAGES"
            for name, code in chosen.items()
            if code not in self.languages
        ]
        return unknown + missing

    def _mail_problems(self) -> list[str]:
        if self.environment == "production" and self.smtp_url and self.mail_from == DEFAULT_MAIL_FROM:
            return ["MAIL_FROM: needed beside SMTP_URL; an address of yours, which answers may come back to"]
        return []

    def _missing_companions(self) -> list[str]:
        return [
            f"{companion.upper()}: needed beside {name.upper()}"
            for name, companions in NEEDED_COMPANIONS.items()
            for companion in companions
            if getattr(self, name) and not getattr(self, companion).strip()
        ]

    def _sign_in_problems(self) -> list[str]:
        problems = []
        if self.oidc_issuer.startswith("http://") and self.environment == "production":
            problems.append("OIDC_ISSUER: https:// is needed in production; the answers decide on access")
        if not self.local_login and not self.oidc_issuer and not self.remote_user_header:
            problems.append("LOCAL_LOGIN: false needs OIDC_ISSUER or REMOTE_USER_HEADER; nothing else signs in")
        if self.remote_user_header and (not self.trusted_proxies or "*" in self.trusted_proxies):
            problems.append("REMOTE_USER_HEADER: needs the proxies' addresses in TRUSTED_PROXIES, not *")
        return problems

    @property
    def chat_model(self) -> ModelEndpoint | None:
        """Return the assistant's language model; None if the settings name none."""
        if not self.chat_model_url:
            return None
        return ModelEndpoint(
            self.chat_model_url, self.chat_model_name, self.chat_model_operator.strip(), self.chat_model_key
        )

    @property
    def identity_provider(self) -> ProviderSettings | None:
        """Return the identity provider; None if the settings name none."""
        if not self.oidc_issuer:
            return None
        return ProviderSettings(
            issuer=self.oidc_issuer,
            client_id=self.oidc_client_id,
            client_secret=self.oidc_client_secret,
            name=self.oidc_name.strip(),
            scopes=self.oidc_scopes,
            groups_claim=self.oidc_groups_claim,
            check_interval=timedelta(minutes=self.oidc_check_minutes),
            grace=timedelta(minutes=self.oidc_grace_minutes),
            public_url=self.public_url,
            allows_http=self.environment == "development",
        )

    @property
    def channels(self) -> frozenset[str]:
        """Return the channels of this installation; messages for others wait in the outbox."""
        development = self.environment == "development"
        has = {
            "email": bool(self.smtp_url) or development,
            "push": bool(self.vapid_private_key),
            **{setup.name: True for setup in self.chosen_channels},
        }
        return frozenset(channel for channel, available in has.items() if available)

    @property
    def chosen_channels(self) -> tuple[ChannelSetup, ...]:
        """Return the channels that people can choose with an address."""
        return (*self._sms_setups(), *self._whatsapp_setups(), *self._telegram_setups())

    def _telegram_setups(self) -> list[ChannelSetup]:
        if not self.telegram_bot:
            return []
        bot = TelegramBot(self.telegram_url, self.telegram_bot, self.telegram_token, self.telegram_webhook_secret)
        return [telegram_setup(bot)]

    def _whatsapp_setups(self) -> list[ChannelSetup]:
        if not self.whatsapp_number_id:
            return []
        account = WhatsAppAccount(
            self.whatsapp_url,
            self.whatsapp_number_id,
            self.whatsapp_token,
            self.whatsapp_app_secret,
            self.whatsapp_verify_token,
            self.whatsapp_template,
        )
        limits = BudgetLimits(self.whatsapp_per_day, self.whatsapp_per_number, self.whatsapp_per_office)
        return [whatsapp_setup(account, frozenset(self.whatsapp_countries), limits)]

    def _sms_setups(self) -> list[ChannelSetup]:
        gateway = self.sms_gateway
        if gateway is None and self.environment != "development":
            return []
        limits = BudgetLimits(self.sms_per_day, self.sms_per_number, self.sms_per_office)
        return [ChannelSetup(SMS_CHANNEL, gateway, frozenset(self.sms_countries), limits=limits)]

    @property
    def test_rooms(self) -> list[TestRoomAddress]:
        """Return the addresses of test-room processes; none if the web process is the test room."""
        return [parse_test_room(entry) for entry in self.testroom_url]

    @property
    def testroom_port_range(self) -> range:
        """Return the UDP ports of the test room's media."""
        first, _, last = self.testroom_ports.partition("-")
        return range(int(first), int(last) + 1)

    @property
    def quiet_hours_range(self) -> QuietHours | None:
        """Return the hours in which messages that can wait are postponed; None if not set."""
        return parse_quiet_hours(self.quiet_hours) if self.quiet_hours else None

    @property
    def vapid(self) -> VapidIdentity | None:
        """Return the identity towards push services; None without pushes."""
        return VapidIdentity(self.vapid_private_key, self.vapid_subject) if self.vapid_private_key else None

    @property
    def push_settings(self) -> PushSettings | None:
        """Return the settings for push subscriptions; None without pushes."""
        if self.vapid is None:
            return None
        return PushSettings(self.vapid.public_key, self.environment == "development", self.push_port_numbers)

    @property
    def push_port_numbers(self) -> frozenset[int]:
        """Return the ports at which push services may be reached."""
        return frozenset(map(int, self.push_ports))

    @property
    def sms_gateway(self) -> SmsGateway | None:
        """Return the SMS gateway; None without SMS."""
        if self.sms_preset:
            return build_twilio_gateway(self.sms_url, self.sms_account, self.sms_token, self.sms_sender)
        if not self.sms_url:
            return None
        return SmsGateway(self.sms_url, self.sms_body, parse_sms_headers(self.sms_headers))

    @property
    def booking_limits(self) -> BookingLimits:
        """Return how many bookings and holds the public may have."""
        return BookingLimits(
            unverified=self.unverified_per_address,
            mailbox=self.appointments_per_mailbox,
            bookings=self.bookings_per_hour,
            holds=self.holds_per_address,
            open_turns=self.turns_per_address,
            sms_numbers=self.sms_numbers_per_address,
            difficulty=self.proof_difficulty,
            programs_prove=self.programs_prove,
            office_networks=tuple(ip_network(network) for network in self.office_networks),
        )

    @property
    def language_choice(self) -> LanguageChoice:
        """Return the languages of the installation."""
        return LanguageChoice(
            tuple(self.languages), self.default_language, self.required_language, tuple(self.confirmed_languages)
        )

    @property
    def postgres_options(self) -> PostgresOptions:
        """Return the pools of this process on PostgreSQL."""
        return PostgresOptions(self.database_pool, self.database_read_pool, self.database_pgbouncer)

    @property
    def sqlite_path(self) -> Path | None:
        """Return the file of an SQLite database; None for PostgreSQL or an in-memory database."""
        url = make_url(self.database_url)
        return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def load_settings(**overrides: Any) -> Settings:
    """Load the settings from the environment and from files of secrets.

    Raises SettingsError with all problems.
    """
    secret_values, file_problems = read_secret_files(os.environ, ENV_PREFIX)
    given = {**secret_values, **overrides}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        problems = [line for details in error.errors() for line in _problem_lines(details)]
        problems += _hidden_problems(error, given)
        raise SettingsError([*file_problems, *_without_causes(problems, file_problems)]) from None
    if file_problems:
        raise SettingsError(file_problems)
    return settings


def _without_causes(problems: list[str], file_problems: list[str]) -> list[str]:
    """Leave out the missing value of settings whose file is the problem."""
    names = {line.split(":")[0].removesuffix(FILE_SUFFIX) for line in file_problems}
    return [line for line in problems if line.split(":")[0] not in names]


def is_setting_given(name: str) -> bool:
    """Tell whether the environment has a value for a setting, or the path of a file with it."""
    variable = f"{ENV_PREFIX}{name.upper()}"
    return bool(os.environ.get(variable) or os.environ.get(variable + FILE_SUFFIX))


def setting_variables() -> list[str]:
    """Return the variables that are read: each setting, and the file of each secret."""
    secret_files = [name + FILE_SUFFIX for name in SECRET_SETTINGS]
    return [f"{ENV_PREFIX}{name}".upper() for name in [*Settings.model_fields, *secret_files]]


def unknown_variables() -> list[str]:
    """Return the variables that begin as settings do, and that no program reads."""
    known = set(setting_variables())
    return sorted(
        name
        for name in os.environ
        if name.upper().startswith(ENV_PREFIX)
        and name.upper() not in known
        and not OTHER_VARIABLES.fullmatch(name)
        and not _is_service_link(name)
    )


def _is_service_link(name: str) -> bool:
    """Tell whether Kubernetes set a variable, as it then set the same service's host, too."""
    link = SERVICE_LINK.fullmatch(name)
    return link is not None and f"{link[1]}_SERVICE_HOST" in os.environ


def _hidden_problems(error: ValidationError, overrides: dict[str, Any]) -> list[str]:
    """Find problems between settings, which pydantic checks only if each setting is valid."""
    broken = {str(details["loc"][0]) for details in error.errors() if details["loc"]}
    if not broken:
        return []
    sound = {name: Settings.model_fields[name].get_default(call_default_factory=True) for name in broken}
    try:
        Settings(**{**overrides, **sound})
    except ValidationError as hidden:
        lines = [line for details in hidden.errors() for line in _problem_lines(details)]
        return [line for line in lines if line.split(":")[0].removeprefix(ENV_PREFIX).lower() not in broken]
    return []


def _problem_lines(error: Any) -> list[str]:
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return [ENV_PREFIX + line for line in message.splitlines()]
    return [f"{ENV_PREFIX}{str(error['loc'][0]).upper()}: {message}"]
