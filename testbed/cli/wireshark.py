"""`dmm-testbed wireshark`: plugin and profile for Wireshark, and captures opened with them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from testbed.cli.arguments import Folder
from testbed.cli.errors import InputError

_EPILOG = """\b
Examples:
  dmm-testbed wireshark install
  dmm-testbed wireshark open results/pmipv6/20261121-101500 --frame 212
  tshark -C dmm-testbed -r capture.pcapng -Y dmm
"""


class _Verbs(click.Group):
    """What goes wrong with folders and programs ends in one line and status 2."""

    def invoke(self, context: click.Context) -> Any:
        from testbed.wireshark.folders import WiresharkError

        try:
            return super().invoke(context)
        except WiresharkError as error:
            raise InputError(str(error)) from None
        except OSError as error:
            raise InputError(f"{error.filename}: {error.strerror}") from None


_folder = click.option(
    "--dir",
    "folder",
    type=Folder(),
    help="Use DIR/plugins and DIR/profiles instead of the user's own.",
)


@click.group(cls=_Verbs, epilog=_EPILOG)
def command() -> None:
    """Let Wireshark and tshark (4.0 or later) show what the protocols say, under `dmm.`."""


@command.command()
@_folder
def install(folder: Path | None) -> None:
    """Write the plugin and the profile dmm-testbed where Wireshark looks for them."""
    from testbed.wireshark.installation import install

    _list("wrote", install(_folders(folder)))
    if folder is None:
        _see_that_it_is_heeded()


@command.command()
@_folder
def uninstall(folder: Path | None) -> None:
    """Remove what `install` wrote."""
    from testbed.wireshark.installation import uninstall

    removed = list(uninstall(_folders(folder)))
    _list("removed", removed)
    if not removed:
        click.echo("nothing to remove: neither plugin nor profile is installed")


@command.command()
def plugin() -> None:
    """Print the plugin, for `-X lua_script:FILE` or another machine."""
    from testbed.wireshark.plugin import plugin

    click.echo(plugin(), nl=False)


@command.command(name="open")
@click.argument("run", type=click.Path(exists=True, path_type=Path))
@click.option("--frame", type=click.IntRange(min=1), help="Go to this packet.")
@click.option("--filter", "wanted", help="Show these packets alone, such as `dmm.status >= 128`.")
def open_run(run: Path, frame: int | None, wanted: str | None) -> None:
    """Open the capture of RUN, the folder of a run, in Wireshark."""
    from testbed.wireshark.opening import capture_of, open_capture

    capture = capture_of(run)
    _refresh()
    open_capture(capture, frame, wanted)


def _refresh() -> None:
    """See that the plugin is there, and is this version's."""
    from testbed.wireshark.folders import WiresharkError, personal
    from testbed.wireshark.installation import install, stale

    folders = personal()
    is_stale = stale(folders)
    if is_stale is None:
        raise WiresharkError("the plugin is not installed: run `dmm-testbed wireshark install`")
    if is_stale:
        _list("wrote anew", install(folders))
    _see_that_it_is_heeded()


def _see_that_it_is_heeded() -> None:
    from testbed.wireshark.folders import WiresharkError, heeded

    if not heeded():
        raise WiresharkError(
            "the plugin is in its folder, but Wireshark does not run it: since 4.4 it runs"
            " no plugins for root, so install and use it as an ordinary user"
        )


def _folders(folder: Path | None) -> Any:
    from testbed.wireshark.folders import in_folder, personal

    return in_folder(folder) if folder else personal()


def _list(done: str, files: Iterable[Path]) -> None:
    for file in files:
        click.echo(f"{done} {file}")
