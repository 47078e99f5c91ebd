"""What a topology resolves to: addresses, interfaces, home prefixes, roles, durations."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from testbed.protocols import load
from testbed.protocols.shelf import shelved
from testbed.topology.network import Network
from testbed.topology.steps import AnyStep, StepModel
from testbed.topology.yaml12 import Loader

Load = Callable[..., Network]

DOCS = Path(__file__).resolve().parents[2] / "docs"

SMALL = """\
protocol: pmipv6
domains:
  home: {prefix: "2001:db8:1::/48"}
  away: {prefix: "2001:db8:2::/48"}
nodes:
  lma: {place: anchor, domain: home}
  cn: {place: correspondent}
  mag1: {place: access-router, domain: away}
  mag2: {place: access-router, domain: away}
  mn1: {place: mobile, prefixes: 2}
  mn2: {place: mobile, identifier: bob, interfaces: {wlan0: {technology: wlan}, lte0: {}}}
links:
  - {ends: [cn, lma], delay: 1ms}
  - {ends: [lma, mag1], delay: 10ms, jitter: 1ms, loss: 1%, rate: 5Mbit/s, mtu: 1400}
  - {ends: [lma, mag2]}
access:
  wlan1: {router: mag1, technology: wlan}
  lte1: {router: mag2, technology: lte}
"""


def test_routers_are_reached_at_loopback_addresses_of_their_domain(loads: Load) -> None:
    nodes = loads(SMALL).nodes
    assert nodes["lma"].address == "2001:db8:1::1"
    assert nodes["mag1"].loopback == ("2001:db8:2::1/128",)
    assert nodes["mag2"].loopback == ("2001:db8:2::2/128",)
    assert [nodes[name].forwarding for name in ("lma", "mag1", "cn", "mn1")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_host_has_an_address_of_its_link_and_a_default_route(loads: Load) -> None:
    network = loads(SMALL)
    host, router = network.nodes["cn"], network.nodes["lma"]
    assert host.domain == "home"
    assert host.interfaces[0].addresses == ("2001:db8:1:1::2/64",)
    assert router.interfaces[0].addresses == ("2001:db8:1:1::1/64",)
    (route,) = host.routes
    assert (route.prefix, route.next_hop) == ("::/0", router.interfaces[0].link_local)


def test_links_between_routers_have_no_addresses(loads: Load) -> None:
    network = loads(SMALL)
    link = network.links["lma-mag1"]
    interfaces = {i.name: i for node in network.nodes.values() for i in node.interfaces}
    assert [interfaces[end].addresses for end in link.ends] == [(), ()]
    assert link.settings.delay == 0.01
    assert link.settings.jitter == 0.001
    assert link.settings.loss == 0.01
    assert link.settings.rate == 5e6
    assert {interfaces[end].mtu for end in link.ends} == {1400}


def test_link_local_addresses_are_made_of_link_layer_addresses(loads: Load) -> None:
    interface = loads(SMALL).nodes["mag2"].interfaces[0]
    assert interface.mac == "02:00:00:04:00:00"
    assert interface.link_local == "fe80::ff:fe04:0"


def test_link_layer_addresses_are_unique_but_where_gateways_share_one(loads: Load) -> None:
    network = loads(SMALL)
    access = {each.interface for each in network.accesses.values()}
    interfaces = [i for node in network.nodes.values() for i in node.interfaces]
    own = [each.mac for each in interfaces if each.name not in access]
    assert len(own) == len(set(own))
    shared = {(each.mac, each.link_local) for each in interfaces if each.name in access}
    assert shared == {("00:00:5e:00:52:13", "fe80::200:5eff:fe00:5213")}


def test_home_prefixes_come_from_the_lower_half_of_the_anchors_pool(loads: Load) -> None:
    network = loads(SMALL)
    assert network.nodes["lma"].pool == "2001:db8:1:8000::/49"
    first, second = network.nodes["mn1"].mobile, network.nodes["mn2"].mobile
    assert first and second
    assert first.home_prefixes == {"mn1-eth0": ("2001:db8:1:8000::/64", "2001:db8:1:8001::/64")}
    assert second.home_prefixes == {
        "mn2-wlan0": ("2001:db8:1:8002::/64",),
        "mn2-lte0": ("2001:db8:1:8003::/64",),
    }
    assert network.nodes["mn1"].address == "2001:db8:1:8000:0:ff:fe05:0"
    assert second.home_addresses["mn2-lte0"] == ("2001:db8:1:8003:0:ff:fe06:1",)


def test_identifiers_follow_from_name_and_domain_unless_given(loads: Load) -> None:
    nodes = loads(SMALL).nodes
    assert [nodes[name].mobile.identifier for name in ("mn1", "mn2")] == ["mn1@home", "bob"]  # type: ignore[union-attr]


def test_a_pool_is_shared_by_the_anchors_of_its_domain(loads: Load) -> None:
    text = SMALL.replace("  cn:", "  lma2: {place: anchor, domain: home}\n  cn:")
    text = text.replace("place: mobile,", "place: mobile, anchor: lma2,")
    network = loads(text.replace("links:", "links:\n  - {ends: [lma2, lma]}"))
    assert network.nodes["lma"].pool == "2001:db8:1:8000::/50"
    assert network.nodes["lma2"].pool == "2001:db8:1:c000::/50"
    mobile = network.nodes["mn1"].mobile
    assert mobile and mobile.home_prefixes["mn1-eth0"][0] == "2001:db8:1:c000::/64"


def test_addresses_and_prefixes_may_be_given(loads: Load) -> None:
    text = SMALL.replace("lma: {place", 'lma: {address: "2001:db8:1::1:1", place')
    text = text.replace("cn: {place", 'cn: {address: "2001:db8:1:1::99", place')
    text = text.replace("lte0: {}", 'lte0: {prefixes: ["2001:db8:1:8000::/64"]}')
    nodes = loads(text).nodes
    assert nodes["lma"].address == "2001:db8:1::1:1"
    assert nodes["cn"].interfaces[0].addresses == ("2001:db8:1:1::99/64",)
    # What was given away is not handed out again.
    mobile = nodes["mn1"].mobile
    assert mobile and mobile.home_prefixes["mn1-eth0"][0] == "2001:db8:1:8001::/64"


def test_a_given_host_address_does_not_meet_a_derived_network(loads: Load) -> None:
    text = SMALL.replace("cn: {place", 'cn: {address: "2001:db8:1:1::99", place')
    text = text.replace("  mag1:", "  cn2: {place: correspondent}\n  mag1:")
    nodes = loads(text.replace("links:", "links:\n  - {ends: [cn2, lma]}")).nodes
    assert nodes["cn2"].address == "2001:db8:1:2::2"


def test_every_address_is_unique(loads: Load) -> None:
    network = load("pmipv6-many")
    found = [node.address for node in network.nodes.values()]
    assert len(found) == len(set(found))


def test_a_role_can_be_taken_away_or_given(loads: Load) -> None:
    router = "  mag3: {place: router, domain: away, role: mag}\n"
    text = SMALL.replace("  mag2: {", router + "  mag2: {")
    text = text.replace("links:", "links:\n  - {ends: [mag3, lma]}")
    text = text.replace("lte1: {router: mag2", "lte1: {router: mag3")
    text = text.replace("mag2: {", "mag2: {role: {pmipv6: none}, ")
    nodes = loads(text).nodes
    assert [nodes[name].role for name in ("mag1", "mag2", "mag3")] == ["mag", None, "mag"]


def test_a_run_goes_on_for_a_second_after_its_last_step(loads: Load) -> None:
    text = SMALL + "timeline:\n  - {at: 0, attach: mn1, to: wlan1}\n"
    text += "  - {at: 3, move: mn1, to: lte1, gap: 2}\n"
    assert loads(text).duration == 6.0
    assert loads(text + "duration: 1min\n").duration == 60.0


def test_a_network_is_named_by_its_file_or_its_folder(loads: Load, tmp_path: Path) -> None:
    assert loads(SMALL).name == tmp_path.name
    assert loads("name: mine\n" + SMALL).name == "mine"
    (tmp_path / "other.yaml").write_text(SMALL)
    assert load(tmp_path / "other.yaml").name == "other"


def test_a_topology_is_found_by_file_folder_and_name(tmp_path: Path) -> None:
    by_name = load("pmipv6")
    folder = Path(__file__).resolve().parents[2] / "topologies" / "pmipv6"
    assert load(folder) == by_name == load(folder / "topology.yaml")


@pytest.mark.parametrize("name", shelved())
def test_the_topologies_that_come_along_are_sound_and_repeat(name: str) -> None:
    network = load(name)
    assert network == load(name)
    assert network.agents and network.timeline and network.expectations
    for node in network.nodes.values():
        for interface in node.interfaces:
            assert len(interface.name) <= 15
            assert IPv6Address(interface.link_local) in IPv6Network("fe80::/64")


def test_the_documented_topology_is_sound(loads: Load) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (DOCS / "topology.md").read_text(), re.S)
    whole, options, *others = blocks
    assert len(others) == 5
    assert all(loads(whole + further).agents for further in others)
    (flows,) = (further for further in others if "flowbinding:" in further)
    video = whole.replace("to: mn1, interval: 20ms", "to: mn1, service: video")
    assert loads(video + flows, protocol="flowbinding").agents["mn1"].role == "mn"
    network = loads(whole + options)
    assert network.agents["mag1"].config["authentication"]["spi"] == 1000
    for line in re.findall(r"^    (\S.*)$", _expectations(), re.M):
        named = line.replace("download", "ping")
        assert loads(whole + f"  - {named}\n").expectations[-1].text == named


def _expectations() -> str:
    text = (DOCS / "topology.md").read_text()
    return text[text.index("### Expectations") : text.index("### Scenarios")]


def test_every_documented_step_is_one() -> None:
    text = (DOCS / "topology.md").read_text()
    section = text[text.index("### Timeline") : text.index("### Expectations")]
    steps = re.findall(r"`\{at, (.*?)\}`", section)
    read = [yaml.load(f"{{at: 1, {step}}}".replace("...", "wlan2"), Loader) for step in steps]
    taken = {type(TypeAdapter(AnyStep).validate_python(step)).__name__ for step in read}
    assert taken == {each.__name__ for each in StepModel.__subclasses__()}
