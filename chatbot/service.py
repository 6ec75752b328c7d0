"""Public API of the assistant for other features."""

from __future__ import annotations

from .actions.conversation_expiry import TIMERS

__all__ = ["TIMERS"]
