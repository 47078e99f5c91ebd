"""Layers of scapy give the octets of the codec, and read them back."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from declared_messages import one_of_each_message
from hypothesis import HealthCheck, given, settings
from layers_of import layer_of, made_anew
from scapy.layers.inet6 import ICMPv6ND_RS, IPv6, MIP6OptUnknown, PadN
from test_vectors import VECTORS, Vector, name_of
from vector_packets import HOA

import testbed.scapy_layers as layers
from agents.wire import packet
from agents.wire.address import Address, Prefix
from agents.wire.icmpv6_messages import RouterAdvertisement, RouterSolicitation
from agents.wire.messages import BindingUpdate
from agents.wire.names import message_name
from agents.wire.numbers import BindingUpdateFlag
from agents.wire.options import HomeNetworkPrefix, MobileNodeIdentifier, Timestamp
from agents.wire.packet import Packet
from testbed.scapy_layers import PBA, PBQ, PBU

PEER = Address.parse("2001:db8::2")
HEADER = IPv6(src=str(HOA), dst=str(PEER), hlim=64)
LITERAL_2009 = 36  # no option is known that counts its length so
QUERY = BindingUpdateFlag.ACKNOWLEDGE | BindingUpdateFlag.PROXY | BindingUpdateFlag.QUERY


def octets_of(message: Any) -> bytes:
    return packet.emit(Packet(HOA, PEER, message))


def is_declared_here(message: Any) -> bool:
    """Neighbor Discovery is scapy's own, but for what a draft adds to it."""
    if not isinstance(message, RouterAdvertisement | RouterSolicitation):
        return True
    return any(hasattr(layers, type(option).__name__) for option in message.options)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(messages=one_of_each_message())
def test_any_message_is_built_as_the_codec_emits_it(messages: tuple[Any, ...]) -> None:
    for message in messages:
        if not is_declared_here(message):
            continue
        octets = octets_of(message)
        assert bytes(HEADER / layer_of(message)) == octets, message
        dissected = IPv6(octets)
        assert bytes(made_anew(dissected)) == octets, message
        if not isinstance(message, RouterSolicitation):
            assert type(dissected.payload).__name__ == message_name(message)


@pytest.mark.parametrize("vector", VECTORS, ids=name_of)
def test_a_vector_survives(vector: Vector) -> None:
    dissected = IPv6(vector.octets)
    assert bytes(dissected) == vector.octets
    if vector.number == LITERAL_2009:
        return
    names = {layer.__name__ for layer in dissected.layers()}
    assert not names & {"MIP6MH_Generic", "ICMPv6Unknown"}
    if "IPv6ExtHdrDestOpt" not in names:  # where scapy looks for the home address in one place
        assert bytes(made_anew(dissected)) == vector.octets


def test_a_slash_appends_an_option() -> None:
    built = (
        HEADER
        / PBQ(sequence=5, lifetime=3)
        / layers.MobileNodeIdentifier(id=b"mn1@example.com")
        / layers.HomeNetworkPrefix(prefix="2001:db8:a::/64")
        / layers.Timestamp(value=65536)
    )
    options = (
        MobileNodeIdentifier(1, b"mn1@example.com"),
        HomeNetworkPrefix(Prefix.parse("2001:db8:a::/64")),
        Timestamp.at(1),
    )
    assert bytes(built) == octets_of(BindingUpdate(5, QUERY, 3, options))


def test_a_message_keeps_what_was_appended_to_a_copy_of_it() -> None:
    bare = PBU(sequence=1)
    longer = bare / layers.HandoffIndicator(value=1)
    assert not bare.options
    assert [type(option).__name__ for option in longer.options] == ["HandoffIndicator"]


def test_show_says_what_flags_and_values_mean() -> None:
    shown = PBQ(options=[layers.HandoffIndicator(value=3)]).show(dump=True)
    assert "ProxyBindingQuery" in shown
    assert "query+proxy+acknowledge" in shown
    assert "HANDOFF_BETWEEN_MAGS" in shown


def test_flags_of_a_selector_follow_from_its_fields() -> None:
    selector = layers.Ipv6TrafficSelector(start_source_port=5004, start_next_header=17)
    assert selector.flags == 1 << 23 | 1 << 17
    assert bytes(selector) == bytes.fromhex("030902000082 0000 138c 11".replace(" ", ""))


def test_a_padded_identifier_fills_its_units() -> None:
    option = layers.RomipIdentifier(length=5, identifier=b"a@b.c")
    octets = bytes(HEADER / ICMPv6ND_RS() / option)[48:]
    assert octets == bytes.fromhex("fd02 0305") + b"a@b.c" + bytes(7)
    again = IPv6(bytes(HEADER / ICMPv6ND_RS() / option))
    assert again.lastlayer().identifier.rstrip(b"\0") == b"a@b.c"


def test_options_that_nobody_knows_are_kept() -> None:
    unknown = MIP6OptUnknown(otype=200, odata=b"abc")
    octets = bytes(HEADER / PBU(sequence=1, options=[unknown]))
    options = IPv6(octets)[PBU].options
    assert [type(option) for option in options] == [MIP6OptUnknown, PadN] or options[0].otype == 200
    assert options[0].odata == b"abc"
    assert bytes(made_anew(IPv6(octets))) == octets


@pytest.mark.parametrize(
    ("answer", "asked", "fits"),
    [
        (PBA(sequence=7), PBU(sequence=7), True),
        (PBA(sequence=7), PBU(sequence=8), False),
        (PBA(sequence=7), PBQ(sequence=7), False),
        (layers.sDBA(sequence=1), layers.sDBU(sequence=1), True),
        (
            layers.UpdateNotificationAcknowledgement(sequence=1),
            layers.UpdateNotification(sequence=1),
            True,
        ),
        (layers.DhoaResponse(), layers.DhoaRequest(), True),
        (layers.DhoaResponse(), layers.MulticastDhpQuery(), False),
    ],
)
def test_an_answer_is_one_to_its_question(answer: Any, asked: Any, fits: bool) -> None:
    assert bool(answer.answers(asked)) == fits
    if fits:
        assert answer.hashret() == asked.hashret()


def test_a_star_import_brings_every_layer() -> None:
    program = "from testbed.scapy_layers import *; print(PBQ.__name__, len(dir()))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    name, count = done.stdout.split()
    assert name == "ProxyBindingQuery"
    assert int(count) > 60


def test_the_query_of_the_documentation_has_its_octets() -> None:
    page = (Path(__file__).parents[2] / "docs" / "scapy.md").read_text()
    lines = re.findall(r"^    >>> (query = .*)$", page, re.MULTILINE)
    assert len(lines) == 2
    names = {**vars(layers), "IPv6": IPv6}
    for line in lines:
        exec(line, names)
    assert f"'{bytes(names['query'])[40:].hex()}'" in page
    shown = re.search(r"###\[ ProxyBindingQuery.*?value     = 65536\n", page, re.DOTALL)
    assert shown
    told = [line.strip() for line in shown[0].splitlines()]
    is_shown = [line.strip() for line in names["query"].show(dump=True).splitlines()]
    assert told == is_shown[is_shown.index(told[0]) :][: len(told)]
