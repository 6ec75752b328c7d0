"""Confidence interval of a share, such as lost packets. Pure.

Wilson's score interval (E. B. Wilson, JASA 22, 1927): sound for few packets and for a share of 0, where the
usual ± 2σ has no width (L. Brown, T. Cai, A. DasGupta, Statistical Science 16, 2001, section 3.1.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# each bound fails in 5 % of runs, so the interval holds in 90 %
Z_ONE_SIDED_95 = 1.6449


@dataclass(frozen=True, slots=True)
class ShareInterval:
    """Bounds of a share, in percent."""

    low: float
    high: float


def share_interval(share_pct: float, count: int) -> ShareInterval:
    """Return the bounds of a true share of which `share_pct` was seen in `count` packets.

    It assumes that packets are lost independently. Losses in bursts make the true interval wider.
    """
    if count <= 0:
        return ShareInterval(0.0, 100.0)
    share, square = min(max(share_pct / 100, 0.0), 1.0), Z_ONE_SIDED_95**2
    middle = share + square / (2 * count)
    half = Z_ONE_SIDED_95 * math.sqrt(share * (1 - share) / count + square / (4 * count**2))
    scale = 100 / (1 + square / count)
    # rounding errors would put the low bound of 0 % just above or below 0
    return ShareInterval(
        low=max(0.0, (middle - half) * scale) if share > 0 else 0.0,
        high=min(100.0, (middle + half) * scale) if share < 1 else 100.0,
    )
