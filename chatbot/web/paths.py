"""Paths of the assistant's pages."""

from __future__ import annotations

PATH = "/chat"
LEAVE_PATH = "/chat/leave"
