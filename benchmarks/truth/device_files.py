"""Sounds and pictures of forged devices, as Chromium reads them from files."""

from __future__ import annotations

import array
import math
import random
import wave
from collections.abc import Callable, Iterable
from pathlib import Path

RATE = 48_000
SECONDS = 4
FULL_SCALE = 32_767
VOICE_DBFS = -24.0
QUIET_DBFS = -58.0  # between the bounds of amber (docs/video.md)
NOISE_DBFS = -75.0
CLIPPING_DBFS = 0.0  # of a voice whose peaks are 12 dB above its level
PITCH_HZ, SYLLABLE_HZ, HARMONICS = 140.0, 3.0, 8
WIDTH, HEIGHT, FRAMES = 640, 480, 30
BLACK_LUMA, DIM_RANGE, BRIGHT_RANGE = 16, 14, 200  # of 16 to 235


def _voice(dbfs: float) -> list[float]:
    """Make vowels of a low voice with the pauses of speech, at this level while it sounds."""
    samples = []
    for at in range(RATE * SECONDS):
        t = at / RATE
        loud = max(0.0, math.sin(2 * math.pi * SYLLABLE_HZ * t)) ** 0.5
        tone = sum(math.sin(2 * math.pi * PITCH_HZ * n * t + n * n) / n for n in range(1, HARMONICS + 1))
        samples.append(loud * tone)
    sounding = [sample for sample in samples if sample]
    rms = math.sqrt(sum(sample * sample for sample in sounding) / len(sounding))
    return [sample / rms * 10 ** (dbfs / 20) for sample in samples]


def _noise(dbfs: float) -> list[float]:
    source = random.Random(7)
    return [source.gauss(0, 10 ** (dbfs / 20)) for _ in range(RATE * SECONDS)]


SOUNDS: dict[str, Callable[[], Iterable[float]]] = {
    "voice": lambda: _voice(VOICE_DBFS),
    "quiet voice": lambda: _voice(QUIET_DBFS),
    "clipping voice": lambda: _voice(CLIPPING_DBFS),
    "noise": lambda: _noise(NOISE_DBFS),
    "zeros": lambda: [0.0] * (RATE * SECONDS),
}


def write_sound(name: str, folder: Path) -> Path:
    """Write a sound of SOUNDS as a WAV file of 16 bits. Louder samples are cut off."""
    path = folder / f"{name}.wav"
    if not path.exists():
        limited = (max(-1.0, min(1.0, sample)) for sample in SOUNDS[name]())
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(array.array("h", (round(sample * FULL_SCALE) for sample in limited)).tobytes())
    return path


def _gradient(luma_range: int, shift: int) -> bytes:
    """Make a picture that is darkest at the column `shift`."""
    row = bytes(BLACK_LUMA + luma_range * ((x - shift) % WIDTH) // WIDTH for x in range(WIDTH))
    return row * HEIGHT


PICTURES: dict[str, Callable[[], list[bytes]]] = {
    "black": lambda: [bytes([BLACK_LUMA]) * (WIDTH * HEIGHT)] * 3,
    "dim": lambda: [_gradient(DIM_RANGE, WIDTH * frame // FRAMES) for frame in range(FRAMES)],
    "frozen": lambda: [_gradient(BRIGHT_RANGE, 0)] * 3,
}


def write_picture(name: str, folder: Path) -> Path:
    """Write a picture of PICTURES as YUV4MPEG2, without colour."""
    path = folder / f"{name}.y4m"
    if not path.exists():
        colours = bytes([128]) * (WIDTH * HEIGHT // 2)
        with path.open("wb") as file:
            file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F30:1 Ip A1:1 C420\n".encode())
            for luma in PICTURES[name]():
                file.write(b"FRAME\n" + luma + colours)
    return path
