"""The plugin and the profile where Wireshark looks for them, and captures opened with them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dissected import write_capture
from test_vectors import VECTORS

from testbed.evidence.folders import write_topology
from testbed.protocols import load
from testbed.wireshark.declarations import codes
from testbed.wireshark.installation import PLUGIN
from testbed.wireshark.opening import command
from testbed.wireshark.plugin import plugin

DMM_TESTBED = (sys.executable, "-c", "from testbed.cli import main; main()")


def call(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "XDG_CONFIG_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        [*DMM_TESTBED, "wireshark", *arguments],
        env={**environment, "HOME": str(home), **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )


def tshark(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["tshark", *arguments],
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run, with a capture of a few vectors."""
    folder = tmp_path / "run"
    folder.mkdir()
    write_topology(folder / "topology.yaml", load("romip"))
    write_capture(folder / "capture.pcapng", (vector.octets for vector in VECTORS[8:20]))
    return folder


def test_the_profile_shows_messages_their_colors_and_columns(tmp_path: Path, run: Path) -> None:
    done = call(tmp_path, "install")
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        assert Path(line.removeprefix("wrote ")).is_file()
    capture = str(run / "capture.pcapng")
    shown = tshark(tmp_path, "-C", "dmm-testbed", "-r", capture, "-Y", "dmm")
    assert len(shown.stdout.splitlines()) == 12
    assert "Proxy Binding Update, seq 1, lifetime 300 s, MN mn1@example.com" in shown.stdout
    rules = ("--color", "-T", "fields", "-e", "frame.coloring_rule.name")
    colored = tshark(tmp_path, "-C", "dmm-testbed", "-r", capture, *rules)
    rules_applied = set(colored.stdout.splitlines())
    assert rules_applied == {"Update", "Acknowledgement", "Refused", "Query", "Other signalling"}
    for said in (shown.stderr, colored.stderr):
        assert not [line for line in said.splitlines() if "Running as user" not in line], said


def test_the_columns_of_the_profile_are_those_of_the_window(tmp_path: Path) -> None:
    call(tmp_path, "install")
    columns = tshark(tmp_path, "-G", "currentprefs", "-C", "dmm-testbed").stdout
    assert '"Node:interface", "%Cus:frame.interface_name:0:R"' in columns
    for code in codes():
        assert f"dmm.{code['name']}: {code['default']}" in columns


def test_every_filter_of_the_profile_is_one(tmp_path: Path, run: Path) -> None:
    call(tmp_path, "install")
    profile = tmp_path / ".config" / "wireshark" / "profiles" / "dmm-testbed"
    buttons = (profile / "dfilter_buttons").read_text().splitlines()
    colors = (profile / "colorfilters").read_text().splitlines()
    filters = [line.split('","', 2)[2].rpartition('","')[0] for line in buttons]
    filters = [each.replace("\\x22", '"') for each in filters]
    filters += [line.split("@")[2] for line in colors]
    assert len(filters) > 10
    for each in filters:
        tshark(tmp_path, "-r", str(run / "capture.pcapng"), "-Y", each)


def test_what_was_installed_is_removed(tmp_path: Path) -> None:
    call(tmp_path, "install")
    done = call(tmp_path, "uninstall")
    assert done.returncode == 0
    assert done.stdout.count("removed ") == 4
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]
    again = call(tmp_path, "uninstall").stdout
    assert again == "nothing to remove: neither plugin nor profile is installed\n"


def test_a_folder_of_one_s_own(tmp_path: Path) -> None:
    assert call(tmp_path, "install", "--dir", str(tmp_path / "mine")).returncode == 0
    assert (tmp_path / "mine" / "plugins" / PLUGIN).read_text() == plugin()
    assert (tmp_path / "mine" / "profiles" / "dmm-testbed" / "preferences").is_file()


def test_the_plugin_can_be_printed(tmp_path: Path) -> None:
    assert call(tmp_path, "plugin").stdout == plugin()


def test_without_tshark_it_says_what_to_install(tmp_path: Path) -> None:
    done = call(tmp_path, "install", PATH=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.startswith("dmm-testbed: no tshark here")
    assert len(done.stderr.splitlines()) == 1


def test_without_a_display_it_says_what_to_do(tmp_path: Path, run: Path) -> None:
    call(tmp_path, "install")
    done = call(tmp_path, "open", str(run))
    assert done.returncode == 2
    assert done.stderr.startswith("dmm-testbed: no display here")
    assert len(done.stderr.splitlines()) == 1


def test_without_wireshark_it_says_what_to_install(tmp_path: Path, run: Path) -> None:
    call(tmp_path, "install")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "tshark").symlink_to(str(shutil.which("tshark")))
    done = call(tmp_path, "open", str(run), DISPLAY=":0", PATH=str(programs))
    assert done.returncode == 2
    assert done.stderr.startswith("dmm-testbed: no Wireshark here")


def test_without_the_plugin_it_says_how_to_get_it(tmp_path: Path, run: Path) -> None:
    done = call(tmp_path, "open", str(run), DISPLAY=":0")
    assert done.returncode == 2
    assert done.stderr == (
        "dmm-testbed: the plugin is not installed: run `dmm-testbed wireshark install`\n"
    )


def test_a_wireshark_that_runs_no_plugins_is_noticed(tmp_path: Path, run: Path) -> None:
    """As since version 4.4 for root."""
    programs, real = tmp_path / "bin", shutil.which("tshark")
    programs.mkdir()
    deaf = programs / "tshark"
    folders = f"Personal Lua Plugins: {tmp_path}/plugins\nPersonal configuration: {tmp_path}"
    deaf.write_text(
        f'#!/bin/sh\n[ "$2" = folders ] && echo "{folders}" && exit\n'
        f'HOME={programs} exec {real} "$@"\n'
    )
    deaf.chmod(0o755)
    for words in (("install",), ("open", str(run))):
        done = call(tmp_path, *words, DISPLAY=":0", PATH=f"{programs}:{os.environ['PATH']}")
        assert done.returncode == 2
        assert "Wireshark does not run it" in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "plugins" / PLUGIN).read_text() == plugin()


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    done = call(tmp_path, "open", str(tmp_path), DISPLAY=":0")
    assert done.returncode == 2
    assert f"{tmp_path}: no capture.pcapng there" in done.stderr


def test_wireshark_is_started_with_the_profile_and_the_flags_of_the_run(
    tmp_path: Path, run: Path
) -> None:
    call(tmp_path, "install")
    stale = next(tmp_path.rglob(PLUGIN))
    stale.write_text("-- an earlier version\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "tshark").symlink_to(str(shutil.which("tshark")))
    pipe = tmp_path / "said"
    os.mkfifo(pipe)
    (programs / "wireshark").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{pipe}\n')
    (programs / "wireshark").chmod(0o755)
    variables = {"DISPLAY": ":0", "PATH": f"{programs}:/usr/bin:/bin"}
    done = call(tmp_path, "open", str(run), "--frame", "5", "--filter", "dmm", **variables)
    assert done.returncode == 0, done.stderr
    said = pipe.read_text().splitlines()
    expected = command("wireshark", run / "capture.pcapng", 5, "dmm")
    assert said == expected[1:]
    assert "dmm.session_flags:seed-bits" in said
    assert stale.read_text() == plugin()
