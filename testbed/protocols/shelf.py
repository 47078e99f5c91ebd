"""Where topologies are found by name."""

from __future__ import annotations

from pathlib import Path

from testbed.topology.errors import TopologyError, suggest

FILE = "topology.yaml"
SHELF = Path(__file__).resolve().parents[2] / "topologies"


def find(path: str | Path) -> Path:
    """Return the file of a topology that is named by its file, its folder or its name."""
    given = Path(path)
    if given.is_file():
        return given
    if (given / FILE).is_file():
        return given / FILE
    if (SHELF / given / FILE).is_file():
        return SHELF / given / FILE
    if given.is_dir():
        raise TopologyError(f"the folder has no {FILE}", str(given))
    raise TopologyError(f"no such topology: {suggest(str(path), shelved())}", str(path))


def shelved() -> list[str]:
    """Return the names of the topologies that come with the testbed."""
    return sorted(file.parent.name for file in SHELF.glob(f"*/{FILE}"))
