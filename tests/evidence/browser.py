"""A page as headless Chromium shows it: what is on it, how wide it is, what is hard to read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--enable-logging=stderr",
)
_PATIENCE = 90  # s
_PROBE = (Path(__file__).parent / "browser_probe.js").read_text()


@dataclass(frozen=True, slots=True)
class View:
    """What the page came to: ``figures`` maps paths to (unit, text); ``faint`` are contrasts."""

    width: int
    figures: Mapping[str, tuple[str, str]]
    pictures: Sequence[str]
    flat: Sequence[str]
    clipped: Sequence[str]
    faint: Sequence[str]
    background: str
    console: Sequence[str]
    seconds: float


def look(page: str, folder: Path, width: int = 1100, *, dark: bool = False) -> View:
    """Open ``page`` in a window ``width`` pixels wide; ``folder`` is for the browser's files."""
    frame = f'<iframe id="page" style="width:{width}px;height:800px" srcdoc="{escape(page)}">'
    file = folder / "looked-at.html"
    file.write_text(f"<!doctype html>{frame}</iframe><script>{_PROBE}</script>", "utf-8")
    done = _run(folder, file, "--dump-dom", *(["--blink-settings=preferredColorScheme=0"] * dark))
    found = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    return View(**json.loads(unescape(found[1])), console=console)


def print_pages(page: str, folder: Path) -> bytes:
    """Return ``page`` as the PDF file that printing makes of it."""
    file, printed = folder / "printed.html", folder / "printed.pdf"
    file.write_text(page, "utf-8")
    _run(folder, file, f"--print-to-pdf={printed}", "--no-pdf-header-footer")
    return printed.read_bytes()


def _run(folder: Path, file: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    assert CHROMIUM
    profile = folder / "profile"
    command = [CHROMIUM, *_FLAGS, f"--user-data-dir={profile}", *flags, file.as_uri()]
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE, check=True
        )
    finally:
        shutil.rmtree(profile, ignore_errors=True)
