"""The staff of the appointment tests."""

from __future__ import annotations

from office360.core.auth import Principal, StaffRole

CARMEN = Principal("carmen", "Carmen", StaffRole.HOST, frozenset({"centro"}))
BORIS = Principal("boris", "Boris", StaffRole.AGENT, frozenset({"centro"}))
