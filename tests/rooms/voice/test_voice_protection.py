"""Rules that protect the voice: when the picture stops and returns, and RED is left out."""

from __future__ import annotations

from typing import Any

import pytest

from ...support.scripts.browser_module import call_module, constant, fold_module, run_javascript

MODULE = "rooms/voice/voice_protection.js"
FACTS = {"signs": False, "sendsPicture": True}
CROWDED = {"concealed_pct": 35, "limited": True, "available_kbps": 160}  # not narrow
CLEAR = {"concealed_pct": 0, "limited": False, "available_kbps": 400}


class Seconds:
    """Steps of a call with a sample each second."""

    def __init__(self, **facts: bool) -> None:
        self.facts = {**FACTS, **facts}
        self.at = 0
        self.steps: list[list[Any]] = []

    def sample(self, seconds: int, **sample: Any) -> Seconds:
        for _ in range(seconds):
            self.at += 1_000
            self.steps.append(["protectVoice", {"at": self.at, **sample}, self.facts])
        return self

    def press(self, action: str) -> Seconds:
        self.steps.append([action])
        return self

    def pause(self, seconds: int) -> Seconds:
        """Let seconds pass without a sample, as in a background tab."""
        self.at += 1_000 * seconds
        return self

    def states(self) -> list[dict[str, Any]]:
        return fold_module(MODULE, constant("INITIAL_VOICE"), *self.steps)

    def sound_only(self) -> list[str]:
        """Return why no picture is sent, after each step."""
        return [state["soundOnly"] for state in self.states()]


def test_picture_stops_after_five_seconds_of_broken_voice() -> None:
    reasons = Seconds().sample(6, **CROWDED).sound_only()
    assert reasons == ["", "", "", "", "", "weak_connection"]


@pytest.mark.parametrize(
    "sample",
    [
        {**CROWDED, "concealed_pct": 7.9},
        {**CROWDED, "concealed_pct": None},
        {**CROWDED, "limited": False},  # the loss does not depend on what is sent
    ],
)
def test_picture_stays_without_broken_voice_or_narrow_line(sample: dict[str, Any]) -> None:
    assert set(Seconds().sample(30, **sample).sound_only()) == {""}


def test_picture_stays_after_one_gap_in_the_voice() -> None:
    """A change of path or delay leaves a gap once, and a stopped picture would not help."""
    fine = {**CROWDED, "concealed_pct": 0}
    calls = Seconds().sample(5, **fine).sample(1, **{**CROWDED, "concealed_pct": 100}).sample(6, **fine)
    assert set(calls.sound_only()) == {""}


def test_picture_of_signing_person_never_stops() -> None:
    assert set(Seconds(signs=True).sample(60, **CROWDED).sound_only()) == {""}


def test_no_picture_means_nothing_to_stop() -> None:
    assert set(Seconds(sendsPicture=False).sample(60, **CROWDED).sound_only()) == {""}


def test_samples_around_a_gap_are_not_added_up() -> None:
    calls = Seconds().sample(4, **CROWDED).pause(10).sample(4, **CROWDED)
    assert set(calls.sound_only()) == {""}


def test_single_burst_of_loss_does_not_stop_picture() -> None:
    calls = Seconds().sample(5, **CLEAR).sample(1, **{**CROWDED, "concealed_pct": 40}).sample(10, **CLEAR)
    assert set(calls.sound_only()) == {""}


def test_picture_is_tried_again_after_thirty_calm_seconds() -> None:
    reasons = Seconds().sample(6, **CROWDED).sample(40, **CLEAR).sound_only()
    assert reasons[34] == "weak_connection"
    assert reasons[35:] == [""] * 11


def test_trial_fails_after_two_seconds_of_broken_voice() -> None:
    reasons = Seconds().sample(6, **CROWDED).sample(30, **CLEAR).sample(4, **CROWDED).sound_only()
    assert reasons[35:39] == ["", "", "", "weak_connection"]


def test_failed_trials_become_rare() -> None:
    calls, pauses = Seconds().sample(6, **CROWDED), []
    for _ in range(6):
        calls.sample(300, **CLEAR)
        reasons = calls.sound_only()
        since = len(reasons) - 300
        pauses.append(next(n for n, reason in enumerate(reasons[since:]) if not reason))
        del calls.steps[since + pauses[-1] + 1 :]  # the picture is back, and the voice breaks again
        calls.at = 1_000 * len(calls.steps)
        calls.sample(3, **CROWDED)
        assert calls.sound_only()[-1] == "weak_connection"
    assert pauses == sorted(pauses)
    assert (round(pauses[0], -1), round(pauses[-1], -1)) == (30, 240)


def test_picture_returns_if_its_stop_did_not_help() -> None:
    lossy = {**CROWDED, "available_kbps": 300}  # the line carries a picture
    reasons = Seconds().sample(6, **lossy).sample(60, **lossy).sound_only()
    assert reasons[5:15] == ["weak_connection"] * 10
    assert set(reasons[15:]) == {""}


def test_picture_stays_stopped_while_voice_is_better_without() -> None:
    better = {**CROWDED, "concealed_pct": 12, "available_kbps": 300}
    reasons = Seconds().sample(6, **CROWDED).sample(60, **better).sound_only()
    assert set(reasons[5:]) == {"weak_connection"}


def test_picture_stays_stopped_on_narrow_line_without_help() -> None:
    assert set(Seconds().sample(66, **CROWDED).sound_only()[5:]) == {"weak_connection"}  # 160 kbps available


def test_undo_keeps_picture_while_voice_is_broken() -> None:
    calls = Seconds().sample(6, **CROWDED).press("insistOnPicture").sample(120, **CROWDED)
    assert set(calls.sound_only()[6:]) == {""}


def test_undo_is_forgotten_after_thirty_calm_seconds() -> None:
    calls = Seconds().sample(6, **CROWDED).press("insistOnPicture").sample(40, **CLEAR).sample(12, **CROWDED)
    assert calls.sound_only()[-1] == "weak_connection"


def test_own_choice_of_voice_only_lasts_until_undone() -> None:
    calls = Seconds().sample(1, **CLEAR).press("chooseSoundOnly").sample(300, **CLEAR)
    assert set(calls.sound_only()[1:]) == {"own_choice"}
    assert calls.press("insistOnPicture").sound_only()[-1] == ""
    assert calls.sample(6, **CROWDED).sound_only()[-1] == "weak_connection"  # it was no undo of the protection


def test_voice_only_survives_reconnecting() -> None:
    calls = Seconds().sample(6, **CROWDED).press("afterReconnecting").sample(1, **CROWDED)
    assert calls.sound_only()[-1] == "weak_connection"


def test_redundancy_is_left_out_on_narrow_line() -> None:
    calls = Seconds().sample(5, **{**CLEAR, "available_kbps": 149}).sample(20, **{**CLEAR, "available_kbps": 221})
    red = [state["red"] for state in calls.states()]
    assert red[:5] == [True, True, True, False, False]
    assert red.index(True, 5) == 15  # ten seconds of room, so that it does not flap


def test_narrow_line_stills_picture_and_drops_redundancy() -> None:
    narrow, wider, wide = ({**CLEAR, "available_kbps": kbps} for kbps in (99, 129, 130))
    states = Seconds().sample(2, **CLEAR).sample(1, **narrow).sample(10, **wider).sample(9, **wide).states()
    assert [state["narrow"] for state in states[:13]] == [False] * 2 + [True] * 11
    assert [state["red"] for state in states] == [True] * 2 + [False] * 20
    assert not states[-1]["narrow"]
    assert {state["soundOnly"] for state in states} == {""}


def narrow_line(kbps: float, concealed_pct: float | None = 0) -> dict[str, Any]:
    return {"available_kbps": kbps, "concealed_pct": concealed_pct, "limited": True}


def reasons(states: list[dict[str, Any]], *, signs: bool = False) -> list[str]:
    """Return why no picture is sent in each state, the room of the line included."""
    return call_module(MODULE, *(["soundOnlyReason", state, signs] for state in states))


def test_narrow_line_carries_nothing_but_voice_at_first() -> None:
    """Lost pictures are repeated as long as the connection has a picture."""
    states = Seconds().sample(1, **CLEAR).sample(5, **narrow_line(90, 30)).sample(7, **narrow_line(90)).states()
    assert [state["settling"] for state in states] == [False] + [True] * 8 + [False] * 4
    assert reasons(states)[:9] == [""] + ["weak_connection"] * 8
    assert set(reasons(states, signs=True)) == {""}


def test_line_with_room_for_it_gets_a_still_picture() -> None:
    wide_enough = reasons(Seconds().sample(20, **narrow_line(90)).states())
    assert wide_enough[8:] == [""] * 12
    full = reasons(Seconds().sample(20, **narrow_line(64)).states())
    assert set(full) == {"weak_connection"}


def test_still_picture_that_breaks_voice_does_not_return() -> None:
    calls = Seconds().sample(10, **narrow_line(90)).sample(4, **narrow_line(90, 40)).sample(60, **narrow_line(90))
    states = calls.states()
    assert set(reasons(states)[13:]) == {"weak_connection"}
    assert not states[-1]["settling"]
    assert {state["soundOnly"] for state in states} == {""}  # probes find the way back, not a pause of 30 s


def test_broken_voice_makes_scarce_line_narrow_at_once() -> None:
    """The first estimate of a line of 100 kbps is 124 for some seconds."""
    assert Seconds().sample(1, **narrow_line(124, 50)).states()[-1]["narrow"]
    assert not Seconds().sample(1, **narrow_line(124, 5)).states()[-1]["narrow"]
    assert not Seconds().sample(1, **narrow_line(160, 50)).states()[-1]["narrow"]


def test_narrow_line_is_probed_while_voice_is_good() -> None:
    """The estimate does not grow by itself while a page sends little."""
    quiet = [state["probe_kbps"] for state in Seconds().sample(30, **narrow_line(90)).states()]
    assert [number for number, kbps in enumerate(quiet) if kbps] == [11, 15, 19, 23, 27]
    assert set(quiet) == {0, 360}
    assert not any(state["probe_kbps"] for state in Seconds().sample(30, **narrow_line(90, 4)).states())
    assert not any(state["probe_kbps"] for state in Seconds().sample(30, **narrow_line(160)).states())


def test_line_opens_when_its_probe_has_ended() -> None:
    calls = Seconds().sample(12, **narrow_line(90))
    for kbps in (140, 300, 301, 302, 303):
        calls.sample(1, **narrow_line(kbps))
    states = calls.states()[12:]
    assert [state["narrow"] for state in states] == [True, True, True, True, False]
    probes = [state["probe_kbps"] for state in states[:4]]
    assert probes == sorted(set(probes))  # only another rate starts a measurement
    assert not Seconds().sample(12, **narrow_line(90)).sample(1, **narrow_line(700)).states()[-1]["narrow"]


def test_unknown_estimate_does_not_change_the_room() -> None:
    unknown = {**CLEAR, "available_kbps": None}
    narrow = Seconds().sample(1, **{**CLEAR, "available_kbps": 60}).sample(20, **unknown).states()
    assert all(state["narrow"] for state in narrow)
    assert not any(state["narrow"] for state in Seconds().sample(20, **unknown).states())


PLAN_JS = """
  import { applySendPlan } from "STATIC/rooms/connection/rtp_senders.js";
  async function run({ plans, contentHint }) {
    let sent;
    const sender = {
      track: { kind: "video", contentHint },
      getParameters: () => ({ encodings: [{ active: true, ...sent?.encodings[0] }] }),
      setParameters: async (parameters) => void (sent = parameters),
    };
    const transceiver = { sender, receiver: { track: { kind: "video" } }, direction: "sendrecv" };
    const seen = [];
    const pc = { getTransceivers: () => [transceiver] };
    for (const plan of plans) {
      await applySendPlan(pc, plan);
      seen.push({ ...sent.encodings[0], direction: transceiver.direction });
    }
    return seen;
  }
"""
WIDE_PLAN = {
    "picture": True,
    "red": True,
    "narrow": False,
    "settling": False,
    "probe_kbps": 0,
    "signs": False,
}
SETTLING = {**WIDE_PLAN, "picture": False, "red": False, "narrow": True, "settling": True}
PAUSED = {**SETTLING, "settling": False}


def sent_pictures(*plans: dict[str, Any], hint: str = "") -> list[dict[str, Any]]:
    """Return the encoding and the direction of the picture after each plan."""
    return run_javascript(PLAN_JS, {"plans": plans, "contentHint": hint})  # type: ignore[no-any-return]


def test_settling_line_has_no_picture_in_its_description() -> None:
    seen = sent_pictures(WIDE_PLAN, SETTLING, PAUSED, WIDE_PLAN)
    assert [sent["direction"] for sent in seen] == ["sendrecv", "recvonly", "sendrecv", "sendrecv"]
    assert [sent["active"] for sent in seen] == [True, False, False, True]
    (signing,) = sent_pictures({**SETTLING, "signs": True, "picture": True})
    assert (signing["direction"], signing["active"]) == ("sendrecv", True)


def test_probe_lets_the_browser_send_more_for_a_moment() -> None:
    still, probed, wide = sent_pictures({**PAUSED, "picture": True}, {**PAUSED, "probe_kbps": 400}, WIDE_PLAN)
    assert (still["maxBitrate"], probed["maxBitrate"]) == (15_000, 400_000)
    assert (still["maxFramerate"], probed["maxFramerate"]) == (2, 2)
    assert (still["scaleResolutionDownBy"], probed["scaleResolutionDownBy"]) == (4, 4)
    assert (probed["active"], wide) == (
        True,
        {"active": True, "scaleResolutionDownBy": 1, "direction": "sendrecv"},
    )
    (read,) = sent_pictures({**PAUSED, "picture": True}, hint="detail")
    assert read["scaleResolutionDownBy"] == 1  # small print


def test_narrow_line_has_longer_packets_of_voice() -> None:
    sdp = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n"
    offer = {"type": "offer", "sdp": sdp}
    module = "rooms/voice/start_bitrate.js"
    long, usual = call_module(module, ["withPacketTime", 60, offer], ["withPacketTime", None, offer])
    assert long["sdp"] == f"{sdp}a=ptime:60\r\n"
    assert usual == offer


@pytest.mark.parametrize("available_kbps", [150, None])
def test_redundancy_stays_with_room_or_unknown_line(available_kbps: int | None) -> None:
    states = Seconds().sample(30, **{**CLEAR, "available_kbps": available_kbps}).states()
    assert all(state["red"] for state in states)


def start(last: dict[str, int] | None, now: int, network_changed_at: int = 0) -> int | None:
    (kbps,) = call_module("rooms/voice/start_bitrate.js", ["startBitrate", last, now, network_changed_at])
    return kbps  # type: ignore[no-any-return]


def test_new_connection_starts_below_last_bit_rate() -> None:
    assert start({"kbps": 400, "at": 1_000}, 5_000) == 280
    assert start({"kbps": 20, "at": 1_000}, 5_000) == 60
    assert start({"kbps": 9_000, "at": 1_000}, 5_000) == 1_000


def test_start_bit_rate_is_not_carried_to_another_network() -> None:
    assert start({"kbps": 9_000, "at": 1_000}, 5_000, network_changed_at=2_000) == 300
    assert start({"kbps": 9_000, "at": 1_000}, 122_000) is None
    assert start(None, 5_000) is None


def test_first_connection_starts_at_rate_of_the_test() -> None:
    hour_ms = 3_600_000
    tested = {"kbps": 700, "at": 1_000}
    calls: list[Any] = [
        ["testedBitrate", tested, 5_000, 0, 1],
        ["testedBitrate", tested, 5_000, 0, 2],  # two connections share the line
        ["testedBitrate", {"kbps": 90, "at": 1_000}, 5_000, 0, 3],
        ["testedBitrate", tested, 5_000, 2_000, 1],  # another network
        ["testedBitrate", tested, 1_001 + hour_ms, 0, 1],
        ["testedBitrate", None, 5_000, 0, 1],
    ]
    assert call_module("rooms/voice/start_bitrate.js", *calls) == [700, 350, 60, None, None, None]


def test_start_bit_rate_is_written_into_description() -> None:
    sdp = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n"
    module = "rooms/voice/start_bitrate.js"
    changed, plain = call_module(
        module,
        ["startingAt", 80, {"type": "answer", "sdp": sdp}],
        ["startingAt", None, {"type": "answer", "sdp": sdp}],
    )
    assert "a=fmtp:96 x-google-start-bitrate=80\r\n" in changed["sdp"]
    assert plain["sdp"] == sdp


def test_only_first_description_and_ice_restart_open_a_path() -> None:
    first, again = ({"type": "answer", "sdp": f"v=0\r\na=ice-ufrag:{user}\r\n"} for user in ("one", "two"))
    asked = [(None, first), (first, first), (first, again)]
    module = "rooms/voice/start_bitrate.js"
    assert call_module(module, *(["opensPath", *both] for both in asked)) == [True, False, True]


def test_redundancy_is_first_or_last_and_other_codecs_keep_order() -> None:
    codecs = [{"mimeType": name} for name in ("audio/opus", "audio/red", "audio/PCMU")]
    module = "rooms/voice/voice_codecs.js"
    with_red, without = call_module(module, ["orderCodecs", codecs, True], ["orderCodecs", codecs, False])
    assert [codec["mimeType"] for codec in with_red] == ["audio/red", "audio/opus", "audio/PCMU"]
    assert [codec["mimeType"] for codec in without] == ["audio/opus", "audio/PCMU", "audio/red"]


def test_answer_follows_redundancy_of_offer() -> None:
    codecs = "a=rtpmap:63 red/48000/2\r\na=rtpmap:111 opus/48000/2\r\n"
    offers = [f"v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF {order}\r\n{codecs}" for order in ("63 111", "111 63")]
    prefers = call_module("rooms/voice/voice_codecs.js", *(["prefersRed", sdp] for sdp in [*offers, "v=0\r\n"]))
    assert prefers == [True, False, False]


def test_report_of_a_stranger_is_read_with_care() -> None:
    texts = [
        '{"concealed_pct": 12, "sound_only": true, "red": false, "slow": true}',
        '{"concealed_pct": "x"}',
        "7",
        "{",
        "null",
    ]
    reports = call_module("rooms/voice/voice_channel.js", *(["parseReport", text] for text in texts))
    unknown = {"concealed_pct": None, "sound_only": False, "red": True, "slow": False}
    assert reports[0] == {"concealed_pct": 12, "sound_only": True, "red": False, "slow": True}
    assert reports[1:] == [unknown, unknown, None, None]


@pytest.mark.parametrize(
    ("hint", "signs", "preference"),
    [
        ("", False, "balanced"),
        ("", True, "maintain-framerate"),
        ("motion", True, "maintain-framerate"),
        ("detail", False, "maintain-resolution"),
        ("text", True, "maintain-resolution"),
    ],
)
def test_content_decides_what_a_narrow_line_takes(hint: str, signs: bool, preference: str) -> None:
    assert call_module("rooms/connection/rtp_senders.js", ["degradationPreference", hint, signs]) == [preference]


def test_slow_signs_are_judged_over_five_seconds() -> None:
    module = "rooms/voice/sign_frame_rate.js"
    rates = [[15] * 5, [15] * 4, [25, 25, 25, 25, 1], [None, 15, 15, 15, 15], [30, 15, 15, 15, 15, 15]]
    assert call_module(module, *(["isTooSlowForSigns", rate] for rate in rates)) == [
        True,
        False,
        False,
        False,
        True,
    ]
