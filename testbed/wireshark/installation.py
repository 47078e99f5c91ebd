"""Puts the plugin and the profile where Wireshark finds them, and takes them away again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from testbed.wireshark import profile
from testbed.wireshark.folders import Folders
from testbed.wireshark.plugin import plugin

PLUGIN = "dmm-testbed.lua"


def install(folders: Folders) -> list[Path]:
    """Write the plugin and the profile as this version makes them; return the files written."""
    written = []
    for path, text in _contents(folders).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def uninstall(folders: Folders) -> list[Path]:
    """Remove what ``install`` wrote, and the profile's folder if nothing else is in it."""
    removed = [path for path in _contents(folders) if path.exists()]
    for path in removed:
        path.unlink()
    folder = folders.profiles / profile.NAME
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return removed


def stale(folders: Folders) -> bool | None:
    """Say whether the installed plugin is another version's; None where there is none."""
    file = folders.plugins / PLUGIN
    if not file.exists():
        return None
    return file.read_text(encoding="utf-8") != plugin()


def _contents(folders: Folders) -> Mapping[Path, str]:
    of_profile = {
        folders.profiles / profile.NAME / name: text for name, text in profile.files().items()
    }
    return {folders.plugins / PLUGIN: plugin(), **of_profile}
