"""One scenario under several protocols: every run that can be made, whatever becomes of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from testbed.comparison.gathered import Gathered
from testbed.topology.network import Network

INTERRUPTED = 130  # the exit status of a run that its user ended
FAILED = 1


@dataclass(frozen=True, slots=True)
class Played:
    """How one run ended: an exit status of `run`, and what it left (None: nothing)."""

    status: int
    run: Gathered | None
    trouble: str = ""


@dataclass(slots=True)
class Comparison:
    """What has been played so far; ``troubles`` are lines that say what could not be."""

    runs: list[Gathered] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


Play = Callable[[Network, Path], Played]
Tell = Callable[[int, int, Network], None]
"""Is told, before each run, its number, how many there are, and what is about to be played."""


def play_all(
    plans: Sequence[Sequence[Network]], folder: Path, play: Play, tell: Tell
) -> Comparison:
    """Play the networks of each protocol; a run that yields nothing ends its protocol's."""
    found, number = Comparison(), 0
    total = sum(len(networks) for networks in plans)
    for networks in plans:
        for repetition, network in enumerate(networks, start=1):
            number += 1
            tell(number, total, network)
            played = _played(play, network, folder / network.protocol / str(repetition))
            found.statuses.append(played.status)
            if played.trouble:
                found.troubles.append(f"{network.protocol}: {played.trouble}")
            if played.status == INTERRUPTED:
                found.troubles.append("interrupted: what was to follow has not been played")
                return found
            if played.run is None:
                number += len(networks) - repetition
                break
            found.runs.append(played.run)
    return found


def _played(play: Play, network: Network, folder: Path) -> Played:
    """Play one network; what goes wrong in it must not lose what others have found."""
    try:
        return play(network, folder)
    except Exception as error:
        return Played(FAILED, None, f"failed: {type(error).__name__}: {error}")
