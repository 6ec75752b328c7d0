"""Results of the lobby's test that a call depends on (rooms/lobby/lobby_verdict.js)."""

from __future__ import annotations

from office360.precheck.domain.deciding_cause import Cause

from ...support.scripts.browser_module import call_module

MODULE = "rooms/lobby/lobby_verdict.js"
# A voice needs neither a camera nor a line that carries a picture.
WITHOUT_VOICE = {
    *(cause for cause in Cause if cause.startswith("camera_")),
    *(Cause.PICTURE, Cause.SLOW, Cause.VOICE_ONLY),
}


def test_call_by_voice_hears_only_of_its_voice() -> None:
    causes = list(Cause)
    by_voice = call_module(MODULE, *(["concernsCall", cause, False] for cause in causes))
    assert {cause for cause, concerns in zip(causes, by_voice, strict=True) if not concerns} == WITHOUT_VOICE
    assert all(call_module(MODULE, *(["concernsCall", cause, True] for cause in causes)))
