"""The public API of the figures: what other features import. No code of its own."""

from __future__ import annotations
