"""Public API of notifications."""

from __future__ import annotations

from .actions.data_retention import delete_old_messages, erase_old_contacts
from .actions.preferences import is_group_stopped, restart_group
from .actions.retry_dead_message import mark_told_otherwise, retry_dead_message
from .actions.send_to_self import own_test_message, send_test_message
from .actions.worker import DeliveryChannel, run_delivery_worker
from .channels import (
    development_channels,
    open_chosen_channels,
    open_email_channels,
    open_push_channels,
)
from .domain.channel_declaration import MessageGroup
from .domain.declared_channels import CHOSEN_CHANNELS, CHOSEN_TITLES
from .domain.message_content import OutboxMessage
from .domain.message_kinds import EMAIL, PUSH
from .domain.message_texts import CHANNEL_TITLES
from .domain.sample_payloads import SampleOffice, sample_message
from .email.writer import EmailContent, EmailWriter
from .push.vapid import generate_vapid_private_key
from .queries.delivery_problems import delivery_problems
from .queries.delivery_report import build_delivery_report, load_open_failures
from .queries.message_figures import channel_budgets, figures_by_kind, messages_of_offices
from .storage.delivery_rows import DeliveryQuery, count_messages_without_channel, count_open_failures
from .web.audit_texts import AUDIT_SENTENCES
from .web.message_previews import PREVIEW_POLICY, MessagePreview, PreviewWriter, message_kinds

__all__ = [
    "AUDIT_SENTENCES",
    "CHANNEL_TITLES",
    "CHOSEN_CHANNELS",
    "CHOSEN_TITLES",
    "EMAIL",
    "PREVIEW_POLICY",
    "PUSH",
    "DeliveryChannel",
    "DeliveryQuery",
    "EmailContent",
    "EmailWriter",
    "MessageGroup",
    "MessagePreview",
    "OutboxMessage",
    "PreviewWriter",
    "SampleOffice",
    "build_delivery_report",
    "channel_budgets",
    "count_messages_without_channel",
    "count_open_failures",
    "delete_old_messages",
    "delivery_problems",
    "development_channels",
    "erase_old_contacts",
    "figures_by_kind",
    "generate_vapid_private_key",
    "is_group_stopped",
    "load_open_failures",
    "mark_told_otherwise",
    "message_kinds",
    "messages_of_offices",
    "open_chosen_channels",
    "open_email_channels",
    "open_push_channels",
    "own_test_message",
    "restart_group",
    "retry_dead_message",
    "run_delivery_worker",
    "sample_message",
    "send_test_message",
]
