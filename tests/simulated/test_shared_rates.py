"""Mobiles on one access link share its rate, each direction by itself."""

from __future__ import annotations

from host_world import Puppet
from simulated_world import MakeWorld

from agents.wire.address import Address
from testbed.simulated.links import FRAMING
from testbed.simulated.packet import Packet

PAIR = """
name: pair
protocol: pmipv6
domains:
  home: {prefix: "2001:db8:1::/48"}
nodes:
  lma: {place: anchor, domain: home}
  mag: {place: access-router, domain: home}
  mn1: {place: mobile}
  mn2: {place: mobile}
links:
  - {ends: [lma, mag]}
access:
  wlan: {router: mag, rate: 1Mbit/s}
timeline:
  - {at: 0, attach: [mn1, mn2], to: wlan}
"""
FRAME = (1000 + FRAMING) * 8 / 1e6


def test_what_goes_to_one_waits_for_what_goes_to_the_other(world: MakeWorld) -> None:
    built = world(base=PAIR, roles={("pmipv6", role): Puppet for role in ("mag", "lma")})
    built.clock.run(0.5)
    access, begun = built.ports["mag-eth1"], built.clock.now
    here = Address.parse("2001:db8::1")
    for name in ("mn1", "mn2", "mn1"):
        port = built.ports[f"{name}-eth0"]
        packet = Packet(here, port.link_local, 1000, flow="probe")
        access.transmit(packet, port.link_layer_address)
    uplink = built.ports["mn2-eth0"]
    uplink.transmit(Packet(uplink.link_local, here, 1000, flow="probe"), b"")
    built.clock.run(1.0)
    came = [
        (seen.node, round((seen.at - begun) / FRAME))
        for seen in built.recorder.sightings
        if seen.flow == "probe" and not seen.outgoing
    ]
    assert sorted(came) == [("mag", 1), ("mn1", 1), ("mn1", 3), ("mn2", 2)]
