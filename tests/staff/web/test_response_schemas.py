"""Answers of the staff API."""

from __future__ import annotations

from office360.notifications.service import CHANNEL_TITLES
from office360.staff.web.response_schemas import CallBackOfCitizen


def test_call_back_answer_lists_every_channel() -> None:
    channels = CallBackOfCitizen.model_json_schema()["properties"]["channels"]
    assert set(channels["items"]["enum"]) == set(CHANNEL_TITLES)


def test_call_back_answer_keeps_a_channel_of_another_version() -> None:
    answer = {"at": "2026-05-04T11:00:00+02:00", "channels": ["push", "pigeon"]}
    assert CallBackOfCitizen.model_validate(answer).model_dump() == answer
