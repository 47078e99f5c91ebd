"""The folder of a run: where it is, and whose."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from testbed.emulated.errors import EmulationError
from testbed.emulated.folder import RunFolder, choose


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_all_that_sudo_makes_belongs_to_who_called_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_UID", "65534")
    monkeypatch.setenv("SUDO_GID", "65533")
    folder = RunFolder(tmp_path / "results" / "name" / "time")
    folder.make()
    made = [tmp_path / "results", *(tmp_path / "results").rglob("*")]
    assert folder.captures in made
    assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(65534, 65533)}
    assert tmp_path.stat().st_uid == 0


def test_a_folder_that_holds_a_run_gets_a_new_one_below(tmp_path: Path) -> None:
    assert choose(tmp_path, "name").root == tmp_path
    (tmp_path / "manifest.json").touch()
    first = choose(tmp_path, "name").root
    assert first.parent == tmp_path
    first.mkdir()
    assert choose(tmp_path, "name").root not in (tmp_path, first)


def test_a_folder_that_the_sandbox_would_hide_is_refused() -> None:
    with pytest.raises(EmulationError, match="below /run"):
        choose(Path("/run/here"), "name")
