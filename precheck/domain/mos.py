"""Mean opinion score of a call, from 1 (unusable) to 4.5 (as in the same room).

No clock, no sockets.

The E-model of ITU-T G.107 in its short form for networks: impairments by delay and loss are subtracted from the
rating R of a perfect line, and R is converted to a mean opinion score (G.107, annex B).
"""

from __future__ import annotations

# ITU-T G.107: R with all parameters at their defaults
MAX_R = 93.2
R_PER_LOSS_PCT = 2.5  # per per cent of lost packets, as in twilio-video.js (lib/preflight/mos.ts)
CODEC_DELAY_MS = 10  # added by encoding and decoding
# ITU-T G.114: people do not notice a shorter delay
NOTICEABLE_DELAY_MS = 160


def mean_opinion_score(rtt_ms: float, jitter_ms: float, loss_pct: float) -> float:
    """Compute the MOS, 1 to 4.5. `loss_pct` is 0 to 100, of the worse direction.

    >>> round(mean_opinion_score(200, 20, 2), 2)
    4.18
    """
    delay_ms = rtt_ms / 2 + 2 * jitter_ms + CODEC_DELAY_MS
    r = MAX_R - _delay_impairment(delay_ms) - R_PER_LOSS_PCT * loss_pct
    r = min(100.0, max(0.0, r))
    # The cubic of annex B falls just below 1, the least score, for the smallest R.
    return max(1.0, 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r))


def _delay_impairment(delay_ms: float) -> float:
    if delay_ms < NOTICEABLE_DELAY_MS:
        return delay_ms / 40
    return (delay_ms - 120) / 10
