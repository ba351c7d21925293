"""What one phone says and the other hears: a tone as a WAV file, and how much of it is in a recording."""

import array
import math
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_RATE: Final = 16_000  # samples a second
_SECONDS: Final = 5
_AMPLITUDE: Final = 8_000  # of 32,767


def write_tone(path: Path, hertz: int) -> Path:
    """A sine wave of five seconds, 16-bit mono."""
    samples = (int(_AMPLITUDE * math.sin(2 * math.pi * hertz * n / _RATE)) for n in range(_RATE * _SECONDS))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(array.array("h", samples).tobytes())
    return path


def share_of_tone(path: Path, hertz: int) -> float:
    """How much of a recording's energy is in one tone: 1 for nothing else, 0 for none of it or for silence."""
    with wave.open(str(path)) as file:
        rate, channels = file.getframerate(), file.getnchannels()
        samples = array.array("h", file.readframes(file.getnframes()))[::channels]
    energy = sum(sample * sample for sample in samples)
    block = rate // 8  # jitter buffers shift a tone here and there: within an eighth of a second it is steady
    found = sum(_energy_at(samples[start : start + block], hertz, rate) for start in range(0, len(samples), block))
    return found / energy if energy else 0.0


def _energy_at(samples: Sequence[int], hertz: int, rate: int) -> float:
    angle = 2 * math.pi * hertz / rate
    real = sum(sample * math.cos(angle * n) for n, sample in enumerate(samples))
    imaginary = sum(sample * math.sin(angle * n) for n, sample in enumerate(samples))
    energy: float = 2 * (real * real + imaginary * imaginary) / len(samples)
    return energy
