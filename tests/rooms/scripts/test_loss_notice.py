"""Sentences of a lost connection (static/rooms/call/loss_notice.js)."""

from __future__ import annotations

from typing import Any

from ...support.scripts.browser_module import call_module

NOW = 100_000


def other(**values: Any) -> dict[str, Any]:
    return {"name": "Amina", "away": False, "connected": True, "outAt": 0, "heardAt": 90_000, **values}


def notice(*others: dict[str, Any], socket_lost_at: int = 0) -> dict[str, Any] | None:
    said: dict[str, Any] | None
    (said,) = call_module("rooms/call/loss_notice.js", ["lossNotice", NOW, socket_lost_at, list(others)])
    return said


def test_nothing_is_said_while_media_flow() -> None:
    assert notice(other(), other(away=True)) is None


def test_own_loss_comes_first() -> None:
    said = notice(other(away=True, outAt=95_000), socket_lost_at=97_500)
    assert said == {"key": "own_lost", "name": "", "seconds": 2}


def test_closed_page_is_said_at_once() -> None:
    assert notice(other(away=True, connected=False)) == {"key": "other_away", "name": "Amina", "seconds": 0}


def test_person_without_answer_over_server_is_lost() -> None:
    assert notice(other(outAt=94_000)) == {"key": "other_lost", "name": "Amina", "seconds": 6}
    assert notice(other(outAt=98_000, connected=False)) == {"key": "other_lost", "name": "Amina", "seconds": 2}


def test_person_who_answers_has_lost_the_path_only() -> None:
    said = {"key": "path_lost", "name": "Amina", "seconds": 6}
    assert notice(other(outAt=94_000, heardAt=97_000)) == said


def test_lost_person_of_several_is_named() -> None:
    said = notice(other(outAt=98_000), other(name="Boris", outAt=93_000))
    assert said == {"key": "other_lost", "name": "Boris", "seconds": 7}
