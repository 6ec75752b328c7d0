"""Links and devices of the truth bench, with the true verdict and place of the fault.

The verdict follows from the link's true values and the table of thresholds (docs/video.md). The place is what the
test can know by comparing (`reason` says with what). Where two places cannot be told apart, both are right.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...tests.support.chromium import DENIED_DEVICES, NO_CAMERA
from ..calls.network import LineQuality

HOP_MS = 10.0  # of each direction, as to a server in the same country
JITTER_MS = 100.0  # in both directions: the round trip then differs by 45 ms from packet to packet, on average
PROVIDER_QUEUE_MS, SWOLLEN_QUEUE_MS = 200.0, 1_500.0
PROBE_CAP_KBPS = 5_000  # a faster link shows as this (docs/video.md)


@dataclass(frozen=True)
class Expected:
    """Verdict, place and grades that a true report of a condition has."""

    verdict: str
    places: tuple[str, ...]
    reason: str
    sign_language: str | None = None  # only where it says more than the verdict
    gates: dict[str, str] = field(default_factory=dict)  # grades that must be told


@dataclass(frozen=True)
class EmulatedLink:
    """A line between the person's device and the product."""

    name: str
    expected: Expected
    up: LineQuality
    down: LineQuality
    path: str = "udp"  # the best that media can take
    relay: bool = True
    only_http: bool = False
    strips_websockets: bool = False
    downloads: bool = False  # another device of the household downloads during the test
    unmeasured: frozenset[str] = frozenset()  # figures that may be missing
    counted: bool = True  # in the 17 of the figures; the other two nearly repeat another figure

    @property
    def has_jitter(self) -> bool:
        return bool(self.up.jitter_ms or self.down.jitter_ms)


@dataclass(frozen=True)
class ForgedDevice:
    """A device that Chromium or a script of the page forges, on a clean line."""

    name: str
    expected: Expected
    sound: str = "voice"  # of `device_files.SOUNDS`
    picture: str | None = None  # of `device_files.PICTURES`; None: Chromium's own
    flags: tuple[str, ...] = ()
    script: str = ""


def _line(**changes: float | bool | None) -> LineQuality:
    return LineQuality(**{"delay_ms": HOP_MS, "queue_ms": PROVIDER_QUEUE_MS, **changes})  # type: ignore[arg-type]


CLEAN = _line()
NO_UDP = _line(blocks_udp=True)
NOTHING_LOST = Expected("green", ("none",), "nothing is wrong")
LOSES = "steady delay, UDP and TCP lose alike: a bad radio link or a bad line, never the device or us"
AMBER_LOSS = Expected("amber", ("wifi", "unknown"), LOSES)
RED_LOSS = Expected("red", ("wifi", "unknown"), LOSES)
DISTANT = "long but steady delay, no queue: distance, not radio"
SLOW = "a steady rate with steady delay: the line that the company sold"
BLOCKED = "a firewall between: the household's own network does not do that"
NO_WAY = frozenset({"rtt_ms", "jitter_ms", "loss_up_pct", "loss_down_pct", "up_kbps", "down_kbps"})

LINKS = (
    EmulatedLink("clean", NOTHING_LOST, CLEAN, CLEAN),
    EmulatedLink("loss up 3", AMBER_LOSS, _line(loss_pct=3), CLEAN),
    EmulatedLink("loss up 10", RED_LOSS, _line(loss_pct=10), CLEAN),
    EmulatedLink("loss down 3", AMBER_LOSS, CLEAN, _line(loss_pct=3)),
    EmulatedLink("loss down 10", RED_LOSS, CLEAN, _line(loss_pct=10)),
    EmulatedLink("rtt 250", Expected("amber", ("provider",), DISTANT), _line(delay_ms=125), _line(delay_ms=125)),
    EmulatedLink("rtt 500", Expected("red", ("provider",), DISTANT), _line(delay_ms=250), _line(delay_ms=250)),
    EmulatedLink(
        "jitter 45",
        Expected("amber", ("wifi",), "the delay varies without load: radio"),
        _line(jitter_ms=JITTER_MS, reorders=True),
        _line(jitter_ms=JITTER_MS, reorders=True),
    ),
    EmulatedLink("800 kbps", Expected("amber", ("provider",), SLOW), _line(kbps=800), _line(kbps=800)),
    EmulatedLink("300 kbps", Expected("red", ("provider",), SLOW), _line(kbps=300), _line(kbps=300)),
    EmulatedLink(
        "80 kbps",
        Expected("red", ("provider",), SLOW),
        _line(kbps=80),
        _line(kbps=80),
        unmeasured=frozenset({"jitter_ms", "loss_up_pct", "loss_down_pct"}),
    ),
    EmulatedLink("300/5000 kbps", Expected("red", ("provider",), SLOW), _line(kbps=300), _line(kbps=5_000)),
    EmulatedLink(
        "5000/800 kbps",
        Expected("amber", ("provider",), SLOW),
        _line(kbps=5_000),
        _line(kbps=800),
        counted=False,  # as 800 kbps downwards, and as 300/5000 the other way round
    ),
    EmulatedLink("no UDP", Expected("amber", ("provider",), BLOCKED), NO_UDP, NO_UDP, path="tcp"),
    EmulatedLink(
        "no UDP, no relay",
        Expected("red", ("provider",), BLOCKED),
        NO_UDP,
        NO_UDP,
        path="none",
        relay=False,
        unmeasured=NO_WAY,
        counted=False,  # to the page the same network as "only HTTP"
    ),
    EmulatedLink(
        "only HTTP",
        Expected("red", ("provider",), BLOCKED),
        NO_UDP,
        NO_UDP,
        path="none",
        only_http=True,
        unmeasured=NO_WAY,
    ),
    EmulatedLink(
        "no WebSocket",
        Expected("red", ("provider",), "a proxy between answers instead of us", gates={"websocket_ok": "red"}),
        CLEAN,
        CLEAN,
        strips_websockets=True,
    ),
    EmulatedLink(
        "UDP worse",
        Expected("red", ("provider",), "UDP loses, TLS on the same line does not: a rule on the way, not radio"),
        _line(loss_pct=10, tcp_loss_pct=0),
        _line(loss_pct=10, tcp_loss_pct=0),
    ),
    EmulatedLink(
        "bufferbloat",
        Expected("red", ("wifi",), "the delay grows with the load of the household, and falls without it"),
        _line(kbps=2_000, queue_ms=SWOLLEN_QUEUE_MS),
        _line(kbps=2_000, queue_ms=SWOLLEN_QUEUE_MS),
        downloads=True,
    ),
)

DEVICE_FAULT = "the line is clean"
# The microphone's switch: the track is muted and gives exact zeros.
MUTED_JS = """
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await real(wanted);
    for (const track of stream.getAudioTracks()) {
      Object.defineProperty(track, "muted", { configurable: true, get: () => true });
      setTimeout(() => track.dispatchEvent(new Event("mute")), 50);
    }
    return stream;
  };
"""
BUSY_CAMERA_JS = """
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (wanted) =>
    wanted.video ? Promise.reject(new DOMException("in use", "NotReadableError")) : real(wanted);
"""


def _device(verdict: str, sign_language: str | None = None, **gates: str) -> Expected:
    return Expected(verdict, ("device",), DEVICE_FAULT, sign_language, gates)


DEVICES = (
    ForgedDevice("good", Expected("green", ("none",), "nothing is wrong", "green")),
    # Silent: a microphone that hears nothing but its own noise. Muted: a switch, so exact zeros.
    ForgedDevice("silent", _device("red", microphone_dbfs="red"), sound="noise"),
    ForgedDevice("quiet", _device("amber", microphone_dbfs="amber"), sound="quiet voice"),
    ForgedDevice("clipping", _device("amber", microphone_clipping_pct="amber"), sound="clipping voice"),
    ForgedDevice("muted", _device("red", microphone_dbfs="red"), sound="zeros", script=MUTED_JS),
    ForgedDevice("black", _device("amber", "red", camera_luma="amber"), picture="black"),
    ForgedDevice("dim", _device("amber", camera_luma="amber", camera_moving="green"), picture="dim"),
    ForgedDevice("frozen", _device("amber", camera_luma="green", camera_moving="amber"), picture="frozen"),
    ForgedDevice(
        "denied",
        _device("red", permissions="red"),
        flags=(DENIED_DEVICES,),
    ),
    # No camera: the flag leaves the microphones.
    ForgedDevice(
        "none",
        _device("red", devices="red"),
        flags=(NO_CAMERA,),
    ),
    ForgedDevice("busy", _device("red", permissions="red"), script=BUSY_CAMERA_JS),
)
