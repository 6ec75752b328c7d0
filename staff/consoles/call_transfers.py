"""Transfers of video calls as consoles show them. Board in, texts out; no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.json_types import JsonObject
from .locale import LocaleContext

SHOWN_TO_RECEIVER = frozenset({"offered", "accepted"})


def build_transfer_fields(board: Mapping[str, Any], person_id: str, locale: LocaleContext) -> JsonObject:
    """Build the transfers that this person is asked to take, and those that they have offered."""
    transfers = board["transfers"]
    asked = [
        transfer
        for transfer in transfers
        if transfer["to_id"] == person_id and transfer["state"] in SHOWN_TO_RECEIVER
    ]
    # A later transfer of the same call hides the declined transfer before it.
    newest = {transfer["appointment"]: transfer for transfer in transfers}
    declined = [
        transfer for transfer in newest.values() if transfer["from_id"] == person_id and _is_left_waiting(transfer)
    ]
    return {
        "transfers": [
            *(_asked_row(transfer, locale) for transfer in asked if not transfer["inside"]),
            *(_declined_row(transfer, locale) for transfer in declined),
        ],
        "own_transfers": [
            {name: transfer[name] for name in ("id", "appointment", "kind", "to", "state", "inside")}
            for transfer in transfers
            if transfer["from_id"] == person_id
        ],
    }


def _is_left_waiting(transfer: Mapping[str, Any]) -> bool:
    """Check whether a cold transfer was declined, and its people wait without an agent."""
    return bool(transfer["kind"] == "cold" and transfer["state"] == "declined" and not transfer["attended"])


def _declined_row(transfer: Mapping[str, Any], locale: LocaleContext) -> JsonObject:
    return {
        "id": transfer["id"],
        "appointment": transfer["appointment"],
        "state": transfer["state"],
        "title": locale.t("%(name)s cannot take the video call", name=transfer["to"]),
        "detail": _detail_text(transfer, locale),
        "more": locale.t("The person waits in the lobby. Go in, or hand the call to another colleague."),
        "may": ["enter"],
        "enter": _room_link(transfer, locale),
    }


def _asked_row(transfer: Mapping[str, Any], locale: LocaleContext) -> JsonObject:
    """Build the banner of a transfer.

    A desktop notification shows `title`, which names no citizen.
    """
    is_warm, is_open = transfer["kind"] == "warm", transfer["state"] == "offered"
    return {
        "id": transfer["id"],
        "appointment": transfer["appointment"],
        "state": transfer["state"],
        "title": locale.t("%(name)s asks you to come into a video call", name=transfer["from"])
        if is_warm
        else locale.t("%(name)s passes a video call to you", name=transfer["from"]),
        "detail": _detail_text(transfer, locale),
        "more": locale.t("Both of you are inside, then %(name)s leaves.", name=transfer["from"])
        if is_warm
        else locale.t("The person waits in the lobby with their place."),
        "may": ["answer"] if is_open else ["enter"],
        "enter": _room_link(transfer, locale),
    }


def _detail_text(transfer: Mapping[str, Any], locale: LocaleContext) -> str:
    service = next((offered for offered in locale.office.services if offered.slug == transfer["service"]), None)
    name = service.name(locale.language) if service else transfer["service"]
    return f"{transfer['name']}, {name}, {locale.clock_time(transfer['starts_at'])}."


def _room_link(transfer: Mapping[str, Any], locale: LocaleContext) -> JsonObject:
    return {"href": f"/staff/rooms/{transfer['appointment']}", "text": locale.t("Go to the call")}
