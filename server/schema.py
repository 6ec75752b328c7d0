"""All tables of the product in one metadata, for migrations and their test."""

from __future__ import annotations

from sqlalchemy import MetaData

from ..appointments.storage import tables as _appointments
from ..chatbot.storage import tables as _chatbot
from ..core.contact import channel_links, push_subscriptions
from ..core.db import (
    audit_entries,
    idempotency_keys,
    leases,
    outbox,
    process_heartbeats,
    rate_limits,
    timers,
)
from ..core.db.engine import Base
from ..figures.storage import tables as _figures
from ..management.storage import tables as _management
from ..notifications.storage import tables as _notifications
from ..offices.storage import tables as _offices
from ..precheck.storage import tables as _precheck
from ..queue.storage import tables as _queue
from ..rooms.storage import acceptance_tables as _room_acceptances
from ..rooms.storage import document_tables as _room_documents
from ..rooms.storage import survey_tables as _room_surveys
from ..rooms.storage import tables as _rooms
from ..staff.storage import factor_tables as _staff_factors
from ..staff.storage import tables as _staff
from . import schema_versions

# Modules that define tables. Only their import matters: it adds their tables to the metadata.
TABLES = (
    audit_entries,
    channel_links,
    idempotency_keys,
    leases,
    outbox,
    process_heartbeats,
    push_subscriptions,
    rate_limits,
    schema_versions,
    timers,
    _appointments,
    _chatbot,
    _figures,
    _management,
    _notifications,
    _offices,
    _precheck,
    _queue,
    _room_acceptances,
    _room_documents,
    _room_surveys,
    _rooms,
    _staff,
    _staff_factors,
)

metadata: MetaData = Base.metadata
