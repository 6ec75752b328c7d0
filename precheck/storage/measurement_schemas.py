"""Schemas of test requests and of the stored measurements.

A missing field was not measured.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from ...core.web.validation import EmptyIsNone
from ..domain.fault_location import FaultHints, Limit, Link, PathResult
from ..domain.measurement_times import MAX_AGE_S, Part
from ..domain.technical_details import CandidatePair, CandidateType, Phase, Series, TechnicalDetails
from ..domain.verdict import DeviceAvailability, Measurements, Path, Permission, SpeedLimit

Milliseconds = Annotated[float | None, Field(ge=0, le=60_000, allow_inf_nan=False)]
Percent = Annotated[float | None, Field(ge=0, le=100, allow_inf_nan=False)]
Kbps = Annotated[float | None, Field(ge=0, le=10_000_000, allow_inf_nan=False)]
Packets = Annotated[int | None, Field(ge=0, le=1_000_000)]
Pixels = Annotated[int | None, Field(ge=0, le=16_384)]
Fps = Annotated[float | None, Field(ge=0, le=1_000, allow_inf_nan=False)]
Decibels = Annotated[float | None, Field(ge=-200, le=0, allow_inf_nan=False)]
AgeSeconds = Annotated[float, Field(ge=0, le=MAX_AGE_S, allow_inf_nan=False)]
LumaValue = Annotated[float | None, Field(ge=0, le=255, allow_inf_nan=False)]
MAX_REGIONS = 16  # a browser measures each of them before its test
REGION_PATTERN = "[a-z0-9][a-z0-9-]{0,31}"
RegionName = Annotated[str, Field(pattern=f"^{REGION_PATTERN}$")]
RoundTripMs = Annotated[float, Field(ge=0, le=60_000, allow_inf_nan=False)]
MAX_SERIES_POINTS = 240  # a point each half second for two minutes
SeriesSeconds = Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)]
SeriesValue = Annotated[float, Field(ge=0, le=10_000_000, allow_inf_nan=False)]
SeriesPoints = Annotated[list[tuple[SeriesSeconds, SeriesValue]], Field(max_length=MAX_SERIES_POINTS)]


def _drop_unknown_link(value: Any) -> Any:
    """Drop kinds of connection that the fault location ignores, such as `bluetooth`."""
    return value if value in set(Link) else None


HINT_FIELDS = {field.name for field in fields(FaultHints)} - {"path_results"}


class StartTest(BaseModel, defer_build=True):
    """`POST /tests`, with the token of the appointment, if any.

    `place` false: only to report measurements made before, which needs no place in the test room.
    `quick`: the short test on entering a lobby. `regions`: round trips in ms that the browser measured.
    """

    appointment: Annotated[Annotated[str, Field(max_length=64)] | None, EmptyIsNone] = None
    place: bool = True
    quick: bool = False
    regions: Annotated[dict[RegionName, RoundTripMs], Field(max_length=MAX_REGIONS)] = Field(default_factory=dict)


class DevicesMessage(BaseModel, defer_build=True):
    """Which devices exist."""

    camera: bool | None = None
    microphone: bool | None = None
    speaker: bool | None = None


class WayMessage(BaseModel, defer_build=True):
    """A network path, tried separately through the relay."""

    ok: bool
    rtt_ms: Milliseconds = None
    jitter_ms: Milliseconds = None
    loss_pct: Percent = None
    packets: Packets = None


class CandidatesMessage(BaseModel, defer_build=True):
    """Types of the two candidates in use. No addresses."""

    local: CandidateType
    remote: CandidateType


class TechnicalDetailsMessage(BaseModel, defer_build=True):
    """Technical details for the report, which decide no grade."""

    codec: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9-]{1,16}$")] = None
    candidates: CandidatesMessage | None = None
    phases_ms: dict[Phase, Annotated[float, Field(ge=0, le=60_000, allow_inf_nan=False)]] = Field(
        default_factory=dict
    )
    series: dict[Series, SeriesPoints] = Field(default_factory=dict)
    synthetic_picture: bool = False

    def to_details(self) -> TechnicalDetails:
        """Convert to the details of a stored test."""
        pair = CandidatePair(self.candidates.local, self.candidates.remote) if self.candidates else None
        series = {name: tuple(points) for name, points in self.series.items()}
        return TechnicalDetails(self.codec, pair, self.phases_ms, series, self.synthetic_picture)


class MeasurementsMessage(BaseModel, defer_build=True):
    """Measurements of a test, and hints that locate its fault."""

    rtt_ms: Milliseconds = None
    jitter_ms: Milliseconds = None
    loss_up_pct: Percent = None
    loss_down_pct: Percent = None
    loss_up_packets: Packets = None
    loss_down_packets: Packets = None
    up_kbps: Kbps = None
    down_kbps: Kbps = None
    up_limited_by: SpeedLimit | None = None
    down_limited_by: SpeedLimit | None = None
    video_width: Pixels = None
    video_height: Pixels = None
    video_fps: Fps = None
    path: Path | None = None
    microphone_dbfs: Decibels = None
    microphone_clipping_pct: Percent = None
    camera_luma: LumaValue = None
    camera_std: LumaValue = None
    camera_moving: bool | None = None
    websocket_ok: bool | None = None
    permissions: Permission | None = None
    devices: DevicesMessage = Field(default_factory=DevicesMessage)
    # Hints: `link` from navigator.connection.type, `limited_by` from getStats, `ways` from paths tried separately.
    link: Annotated[Link | None, BeforeValidator(_drop_unknown_link)] = None
    limited_by: Limit | None = None
    rtt_min_ms: Milliseconds = None
    rtt_loaded_up_ms: Milliseconds = None
    rtt_loaded_down_ms: Milliseconds = None
    page_lag_ms: Milliseconds = None
    dropped_frames_pct: Percent = None
    ways: dict[Path, WayMessage] = Field(default_factory=dict, max_length=len(Path))
    details: TechnicalDetailsMessage = Field(default_factory=TechnicalDetailsMessage)

    def to_measurements(self) -> Measurements:
        """Convert to the measurements of the verdict."""
        fields = self.model_dump(exclude={*HINT_FIELDS, "ways", "devices", "details"})
        return Measurements(**fields, devices=DeviceAvailability(**self.devices.model_dump()))

    def to_hints(self) -> FaultHints:
        """Convert to the hints of the fault location."""
        path_results = {path: PathResult(**result.model_dump()) for path, result in self.ways.items()}
        return FaultHints(**self.model_dump(include=HINT_FIELDS), path_results=path_results)


class ReportMessage(BaseModel, defer_build=True):
    """`POST /tests/{token}/report`.

    `finished` false: the page was left before the last step. `ages_s`: seconds since each part was measured.
    """

    measurements: MeasurementsMessage
    finished: bool = True
    ages_s: dict[Part, AgeSeconds] = Field(default_factory=dict)
