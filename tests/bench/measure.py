"""How numbers are made that a busy machine cannot spoil: cases take turns, and only the best third of each counts."""

from collections.abc import Callable, Mapping, Sequence


def best_third(samples: Sequence[float]) -> float:
    """The mean of the lowest third: what the work costs when nothing else gets in its way."""
    best = sorted(samples)[: max(1, len(samples) // 3)]
    return sum(best) / len(best)


def in_turns(cases: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Each case once in every round, so that all of them meet the same weather. -> the best third's mean of each."""
    samples: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, measure in cases.items():
            samples[name].append(measure())
    return {name: best_third(found) for name, found in samples.items()}
