"""The folders that runs leave, as far as both backends make them alike."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import yaml

from testbed.topology.network import Network

RESULTS = Path("results")
_LEFT = ("manifest.json", "statistics.json", "comparison.html")  # by one run, by several


def place_for(out: Path | None, name: str, date: datetime) -> Path:
    """Return the folder of a new run: ``out``, or one by name and time below ``results``.

    Where ``out`` has a run already, or several, the new one goes into a folder by time below it.
    """
    if out is not None and not any((out / file).exists() for file in _LEFT):
        return out
    first = (out or RESULTS / name) / f"{date:%Y%m%d-%H%M%S}"
    found, number = first, 1
    while found.exists():
        number += 1
        found = first.with_name(f"{first.name}-{number}")
    return found


def write_topology(file: Path, network: Network) -> None:
    """Write the resolved network: every address, route and agent spelled out."""
    plain = json.loads(json.dumps(asdict(network)))
    text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
    file.write_text(text, encoding="utf-8")
