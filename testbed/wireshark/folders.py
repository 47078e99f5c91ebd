"""Where Wireshark of this user looks for plugins and profiles."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_PLUGINS, _CONFIGURATION = "Personal Lua Plugins", "Personal configuration"
_PROTOCOL = "dmm"
_PATIENCE = 60  # seconds


class WiresharkError(Exception):
    """Wireshark is not there or will not do; the text says what to do about it."""


@dataclass(frozen=True, slots=True)
class Folders:
    """``plugins`` holds Lua plugins, ``profiles`` a folder per profile."""

    plugins: Path
    profiles: Path


def in_folder(folder: Path) -> Folders:
    """Return the folders below ``folder``, named as Wireshark names its own."""
    return Folders(folder / "plugins", folder / "profiles")


def personal() -> Folders:
    """Return the user's own folders, as tshark tells them; WiresharkError without tshark."""
    said = dict(_split(line) for line in _ask("folders").splitlines() if ":" in line)
    try:
        return Folders(Path(said[_PLUGINS]), Path(said[_CONFIGURATION]) / "profiles")
    except KeyError as missing:
        raise WiresharkError(
            f"`tshark -G folders` names no folder {missing}: give one with --dir"
        ) from None


def _split(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def heeded() -> bool:
    """Say whether this user's tshark runs the plugin, which must be installed."""
    return any(_PROTOCOL in line.split("\t") for line in _ask("protocols").splitlines())


def _ask(of: str) -> str:
    program = shutil.which("tshark")
    if program is None:
        raise WiresharkError(
            "no tshark here to ask for Wireshark's folders: install it (apt install tshark),"
            " or give a folder with --dir"
        )
    try:
        done = subprocess.run(
            [program, "-G", of], capture_output=True, text=True, timeout=_PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WiresharkError(f"`tshark -G {of}` fails: {error}") from None
    return done.stdout
