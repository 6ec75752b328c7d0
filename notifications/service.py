"""Public API of notifications."""

from __future__ import annotations

from .actions.data_retention import delete_old_messages, erase_old_contacts
from .actions.preferences import is_group_stopped, restart_group
from .actions.retry_dead_message import mark_told_otherwise, retry_dead_message
from .actions.send_to_self import own_test_message, send_test_message
from .actions.worker import DeliveryChannel, run_delivery_worker
from .channels import (
    development_channels,
    find_mail_server_problem,
    open_email_channels,
    open_push_channels,
    open_sms_channels,
)
from .domain.message_content import OutboxMessage
from .domain.message_kinds import EMAIL, PUSH, SMS, MessageGroup
from .domain.quiet_hours import QuietHours, parse_quiet_hours
from .domain.sample_payloads import SampleOffice, sample_message
from .email.mime import parse_sender
from .email.server_url import parse_mail_server
from .email.writer import EmailContent, EmailWriter
from .push.vapid import VapidIdentity, check_vapid_private_key, check_vapid_subject, generate_vapid_private_key
from .queries.delivery_problems import delivery_problems, delivery_warnings, oldest_late_message
from .queries.delivery_report import build_delivery_report, load_open_failures
from .queries.message_figures import channel_budgets, figures_by_kind, sms_of_offices
from .sms.gateway_request import SmsGateway, check_sms_template, parse_sms_headers
from .sms.sms_channel import find_sms_gateway_problem
from .sms.twilio import build_twilio_gateway, check_twilio_account, check_twilio_sender
from .storage.delivery_rows import DeliveryQuery, count_messages_without_channel, count_open_failures
from .web.message_previews import PREVIEW_POLICY, MessagePreview, PreviewWriter, message_kinds

__all__ = [
    "EMAIL",
    "PREVIEW_POLICY",
    "PUSH",
    "SMS",
    "DeliveryChannel",
    "DeliveryQuery",
    "EmailContent",
    "EmailWriter",
    "MessageGroup",
    "MessagePreview",
    "OutboxMessage",
    "PreviewWriter",
    "QuietHours",
    "SampleOffice",
    "SmsGateway",
    "VapidIdentity",
    "build_delivery_report",
    "build_twilio_gateway",
    "channel_budgets",
    "check_sms_template",
    "check_twilio_account",
    "check_twilio_sender",
    "check_vapid_private_key",
    "check_vapid_subject",
    "count_messages_without_channel",
    "count_open_failures",
    "delete_old_messages",
    "delivery_problems",
    "delivery_warnings",
    "development_channels",
    "erase_old_contacts",
    "figures_by_kind",
    "find_mail_server_problem",
    "find_sms_gateway_problem",
    "generate_vapid_private_key",
    "is_group_stopped",
    "load_open_failures",
    "mark_told_otherwise",
    "message_kinds",
    "oldest_late_message",
    "open_email_channels",
    "open_push_channels",
    "open_sms_channels",
    "own_test_message",
    "parse_mail_server",
    "parse_quiet_hours",
    "parse_sender",
    "parse_sms_headers",
    "restart_group",
    "retry_dead_message",
    "run_delivery_worker",
    "sample_message",
    "send_test_message",
    "sms_of_offices",
]
