"""A run's topology.yaml comes back as the network that was run."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.evidence.folders import write_topology
from testbed.protocols import load
from testbed.topology.errors import TopologyError
from testbed.topology.stored import read_network


@pytest.mark.parametrize("name", ["comparison", "dmipv6", "mipv6-ro", "pmipv6-many", "sdpmip"])
def test_what_is_written_comes_back(tmp_path: Path, name: str) -> None:
    network = load(name)
    write_topology(tmp_path / "topology.yaml", network)
    assert read_network(tmp_path / "topology.yaml") == network


@pytest.mark.parametrize("text", ["", "name: it", "[1, 2]", "a: [", "nodes: {mn1: {name: mn1}}"])
def test_what_is_none_is_said_in_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "topology.yaml"
    file.write_text(text)
    with pytest.raises(
        TopologyError, match=r"topology\.yaml: not the topology of a run .* name the"
    ):
        read_network(file)


def test_a_folder_without_one_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(TopologyError, match="is this the folder of a run"):
        read_network(tmp_path / "topology.yaml")
