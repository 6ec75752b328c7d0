"""The public API of the figures: what other features import. No code of its own."""

from __future__ import annotations

from .actions.keep_call_qualities import keep_call_qualities

__all__ = ["keep_call_qualities"]
