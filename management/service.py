"""Public API of management for other features."""

from __future__ import annotations

__all__: list[str] = []
