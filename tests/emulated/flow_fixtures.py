"""The lab of ``flow_lab`` as a plugin of pytest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flow_lab import prepare, start, stop
from live_lab import PUPPET, Lab, lab_on


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_on("seg6", tmp_path_factory.mktemp("lab"), PUPPET) as made:
        prepare(made)
        yield made


@pytest.fixture
def lab(network: Lab) -> Iterator[Lab]:
    start(network)
    yield network
    stop(network)
