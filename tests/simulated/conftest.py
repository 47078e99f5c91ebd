"""Worlds for the tests of the simulator."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulated_world import PLAIN, ROLES, MakeWorld, network

from testbed.simulated.world import World


@pytest.fixture
def world(tmp_path: Path) -> MakeWorld:
    """Return what builds a started world from YAML that is added to the plain network."""

    def make(more: str = "", **options: object) -> World:
        base = options.pop("base", PLAIN)
        built = World(network(tmp_path, more, str(base)), **{"roles": ROLES, **options})  # type: ignore[arg-type]
        built.start()
        return built

    return make
