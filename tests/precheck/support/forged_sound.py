"""Sound files for a fake microphone: a voice of any loudness, and digital silence."""

from __future__ import annotations

import math
import wave
from array import array
from pathlib import Path

RATE = 48_000  # samples a second
SECONDS = 4  # the browser repeats the file
PITCH_HZ = 125
HARMONICS = 20  # up to 2.5 kHz, where most of a voice's power is
SYLLABLES_PER_S = 4
SPOKEN_SHARE = 0.75  # of each second; then a pause
FULL_SCALE = 32_767
NOMINAL_DBFS = -26.0  # active level of speech, ITU-T P.56


def write_voice(folder: Path, dbfs: float = NOMINAL_DBFS) -> Path:
    """Write the input of a person who speaks with this mean level.

    Above -10 it is cut at full scale.
    """
    samples = _voice()
    loud = [sample for at, sample in enumerate(samples) if _is_spoken(at)]
    gain = 10 ** (dbfs / 20) / math.sqrt(sum(sample * sample for sample in loud) / len(loud))
    limit = FULL_SCALE
    path = folder / f"voice{dbfs:+.0f}.wav"
    _write(path, [max(-limit, min(limit, round(sample * gain * FULL_SCALE))) for sample in samples])
    return path


def write_silence(folder: Path) -> Path:
    """Write the input of a muted microphone: each sample is zero."""
    path = folder / "silence.wav"
    _write(path, [0] * (2 * RATE))
    return path


def _is_spoken(at: int) -> bool:
    return at / RATE % 1 < SPOKEN_SHARE


def _voice() -> list[float]:
    """Add harmonics that swell four times a second, with a pause each second."""
    one_pitch = [_glottal_pulse(at) for at in range(RATE // PITCH_HZ)]
    return [one_pitch[at % len(one_pitch)] * _swell(at) if _is_spoken(at) else 0.0 for at in range(RATE * SECONDS)]


def _glottal_pulse(at: int) -> float:
    return sum(math.sin(2 * math.pi * PITCH_HZ * n * at / RATE) / n for n in range(1, HARMONICS + 1))


def _swell(at: int) -> float:
    return 0.15 + 0.85 * math.sin(math.pi * SYLLABLES_PER_S * at / RATE) ** 2


def _write(path: Path, samples: list[int]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array("h", samples).tobytes())
