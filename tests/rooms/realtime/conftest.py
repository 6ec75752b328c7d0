"""The agent's key."""

from __future__ import annotations

import pytest
from office360.core.auth import StaffRole
from office360.staff.actions import accounts as staff

from ...conftest import AppServer
from ..support.video_appointments import BookedVideoAppointment


@pytest.fixture
async def key(booked: BookedVideoAppointment, app_server: AppServer) -> str:
    return await staff.create_api_key(app_server.runtime, name="boris", role=StaffRole.AGENT, offices=["centro"])
