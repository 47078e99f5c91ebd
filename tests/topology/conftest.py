from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.protocols import load
from testbed.topology.network import Network

Load = Callable[..., Network]


@pytest.fixture
def loads(tmp_path: Path) -> Load:
    """Load a topology that is given as text."""

    def load_text(text: str, **options: object) -> Network:
        path = tmp_path / "topology.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path, **options)  # type: ignore[arg-type]

    return load_text
