"""Whatever can be declared comes back from tshark as it was put into a packet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from declared_messages import one_of_each_message
from dissected import rebuilt, shared, trees, write_capture
from hypothesis import HealthCheck, Phase, given, settings
from vector_packets import HOA

from agents.wire import packet
from agents.wire.address import Address
from agents.wire.names import message_name
from agents.wire.packet import Packet

SLOW = settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.generate],  # each step of shrinking would start tshark
    suppress_health_check=[HealthCheck.function_scoped_fixture, *HealthCheck],
)
PRIVATE_OPTIONS = frozenset({"RomipSessions", "RomipAddress", "RomipIdentifier"})


def octets_of(message: Any) -> bytes:
    return packet.emit(Packet(HOA, Address.parse("2001:db8::2"), message))


def shown_by_the_plugin(message: Any) -> bool:
    """Neighbor Discovery is Wireshark's own, but for what a draft adds to it."""
    if not type(message).__name__.startswith("Router"):
        return True
    return any(type(option).__name__ in PRIVATE_OPTIONS for option in message.options)


@SLOW
@given(messages=one_of_each_message())
def test_any_message_comes_back_from_its_dissection(
    messages: tuple[Any, ...], plugin: Path, tmp_path: Path
) -> None:
    capture = write_capture(tmp_path / "any.pcap", map(octets_of, messages))
    for message, layers in zip(messages, trees(plugin, capture), strict=True):
        if not shown_by_the_plugin(message):
            assert not [name for name, _ in layers if name == "dmm"]
            continue
        assert rebuilt(layers) == message
        assert shared(layers, "checksum_correct") in (["1"], ["True"])
        if not type(message).__name__.startswith("Router"):
            assert shared(layers, "message") == [message_name(message)]
