"""All tables of the product in one metadata, for migrations and tests."""

from __future__ import annotations

import importlib

from sqlalchemy import MetaData

from ..core import idempotency, outbox, ratelimit, timers  # noqa: F401 - their tables
from ..core.db import Base

_FOLDERS = ("offices", "appointments", "queue", "rooms", "notifications", "staff")
for _folder in _FOLDERS:
    try:
        importlib.import_module(f"office360.{_folder}.tables")
    except ModuleNotFoundError as _e:  # TEMPORARY while the features are being written
        if not str(_e).endswith("tables'"):
            raise

metadata: MetaData = Base.metadata
