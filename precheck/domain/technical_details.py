"""Technical details of a test for engineers and help desks. They decide no grade.

Types of candidates only: a report keeps no address of a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Phase(StrEnum):
    """Phases of connecting, in their order. Each is timed from the end of the previous."""

    SIGNALING = "signaling"  # from the offer to the answer
    ICE = "ice"  # until a network path was found
    DTLS = "dtls"  # until both ends agreed on keys
    FIRST_MEDIA = "first_media"  # from sending media to the first picture or sound that returned


class CandidateType(StrEnum):
    """Types of ICE candidates (RFC 8445 section 5.1.1)."""

    HOST = "host"
    SERVER_REFLEXIVE = "srflx"
    PEER_REFLEXIVE = "prflx"
    RELAY = "relay"


class Series(StrEnum):
    """Figures that were recorded during the whole test."""

    RTT = "rtt_ms"
    LOSS_UP = "loss_up_pct"
    LOSS_DOWN = "loss_down_pct"
    UP = "up_kbps"
    DOWN = "down_kbps"


SeriesPoint = tuple[float, float]  # seconds since the connection began, value


@dataclass(frozen=True, slots=True)
class CandidatePair:
    """Types of the two candidates in use."""

    local: CandidateType
    remote: CandidateType


@dataclass(frozen=True, slots=True)
class TechnicalDetails:
    """Details of a test beside its figures. Empty or None means not recorded."""

    codec: str | None = None  # of the picture, such as `VP8`
    candidates: CandidatePair | None = None
    phases_ms: Mapping[Phase, float] = field(default_factory=dict)
    series: Mapping[Series, tuple[SeriesPoint, ...]] = field(default_factory=dict)
    synthetic_picture: bool = False  # the page drew the picture, because the camera gave none
