from __future__ import annotations

from pathlib import Path

import pytest

from testbed.wireshark.plugin import plugin as source


@pytest.fixture(scope="session")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin as it would be installed."""
    file = tmp_path_factory.mktemp("plugin") / "dmm-testbed.lua"
    file.write_text(source(), encoding="utf-8")
    return file
