"""`dmm-testbed decode`: what a message, or each packet of a capture, holds."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from testbed.cli.errors import InputError

if TYPE_CHECKING:
    from testbed.cli.decoded import Decoded

_EPILOG = """\b
Examples:
  dmm-testbed decode 3b010500000000018200004b01020000
  dmm-testbed decode capture.pcapng
  dmm-testbed decode --json capture.pcap | jq '.[] | select(.roundtrip | not)'
  tshark -r capture.pcapng -w - | dmm-testbed decode -
"""
_CAPTURE_STARTS = tuple(
    bytes.fromhex(magic) for magic in ("0a0d0d0a", "a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1")
)
_NO_HEX = re.compile(r"[^0-9a-fA-F]")


@click.command(epilog=_EPILOG)
@click.argument("what", metavar="HEX|FILE|-")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, one object per packet.")
def command(what: str, as_json: bool) -> None:
    """Say in words what a message holds, or why it is none.

    HEX is a whole IPv6 packet or a bare Mobility Header; FILE a pcap or pcapng file; with - either
    comes from standard input, hexadecimal as one packet per line. Each packet says whether
    re-encoding what was decoded gives the same octets. Packets that a capture holds only in part,
    as a run's does with those above its --snaplen, are not decoded.
    """
    from testbed.evidence.pcapng import CaptureError

    try:
        packets = _packets(what)
        if as_json:
            _print_json(packets)
        else:
            _print_words(packets)
    except CaptureError as error:
        raise InputError(str(error)) from None


def _packets(what: str) -> Iterator[tuple[dict[str, Any], Decoded]]:
    if what == "-":
        octets = sys.stdin.buffer.read()
        if octets.startswith(_CAPTURE_STARTS):
            return _of_capture(octets, "standard input")
        return _of_hex(octets.decode("ascii", "replace").splitlines(), "standard input")
    path = Path(what)
    if _is(path.is_file):
        return _of_capture(_read(path), what)
    if what and _is(path.is_dir):
        raise InputError(f"{what} is a folder: name a capture in it, such as capture.pcapng")
    return _of_hex([what], what if len(what) < 40 else f"{what[:40]}...")


def _is(kind: Callable[[], bool]) -> bool:
    try:
        return kind()
    except OSError:  # hexadecimal too long for a file name
        return False


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None


def _of_capture(octets: bytes, name: str) -> Iterator[tuple[dict[str, Any], Decoded]]:
    from testbed.cli.decoded import decode_frame
    from testbed.evidence.pcapng import read_octets

    for number, (at, interface, link_type, frame) in enumerate(read_octets(octets, name), 1):
        about = {"number": number, "time": at, "interface": interface}
        yield about, decode_frame(link_type, frame)


def _of_hex(lines: list[str], name: str) -> Iterator[tuple[dict[str, Any], Decoded]]:
    from testbed.cli.decoded import decode

    packets = [_octets(line, name) for line in lines if line.strip()]
    if not packets:
        raise InputError(f"{name}: no packet")
    for number, octets in enumerate(packets, 1):
        yield {"number": number, "time": None, "interface": ""}, decode(octets)


def _octets(line: str, name: str) -> bytes:
    digits = re.sub(r"[\s:]", "", line).removeprefix("0x")
    if wrong := _NO_HEX.search(digits):
        raise InputError(
            f"{name}: no such file, nor octets in hexadecimal: {wrong.group()!r} is no digit"
        )
    if len(digits) % 2:
        raise InputError(f"{name}: an odd number of hexadecimal digits, {len(digits)}")
    return bytes.fromhex(digits)


def _print_json(packets: Iterator[tuple[dict[str, Any], Decoded]]) -> None:
    separator = ""
    click.echo("[")
    try:
        for about, decoded in packets:
            members = {name: getattr(decoded, name) for name in decoded.__slots__}
            click.echo(separator + json.dumps({**about, **members}), nl=False)
            separator = ",\n"
    finally:
        click.echo("\n]")


def _print_words(packets: Iterator[tuple[dict[str, Any], Decoded]]) -> None:
    for about, decoded in packets:
        where = f" at {about['time']:.6f}" if about["time"] is not None else ""
        where += f" on {about['interface']}" if about["interface"] else ""
        same = "re-encodes to the same octets" if decoded.roundtrip else "does not re-encode"
        click.echo(f"Packet {about['number']}{where}: {decoded.length} octets, {same}")
        for line in decoded.lines:
            click.echo(f"  {line}")
