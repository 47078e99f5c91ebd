"""Every way to get a topology wrong ends in one line that names the file, the line and the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.protocols import load
from testbed.topology.errors import TopologyError

SOUND = """\
name: sound
protocol: pmipv6
protocols:
  pmipv6:
    lifetime: 60s
seed: 1
domains:
  home: {prefix: "2001:db8:1::/48"}
  west: {prefix: "2001:db8:2::/48"}
nodes:
  lma: {place: anchor, domain: home}
  cn: {place: correspondent, domain: home}
  mag1: {place: access-router, domain: west}
  mag2: {place: access-router, domain: west}
  mn1: {place: mobile}
links:
  - {ends: [cn, lma]}
  - {ends: [lma, mag1], delay: 10ms}
  - {ends: [lma, mag2], delay: 10ms}
access:
  wlan1: {router: mag1, technology: wlan}
  wlan2: {router: mag2, technology: wlan}
flows:
  ping: {kind: ping, from: cn, to: mn1}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 2s, start: ping}
  - {at: 5s, move: mn1, to: wlan2, gap: 50ms}
expect:
  - flows.ping.lost < 10
"""

LIFETIME = "    lifetime: 60s"
HOME = '  home: {prefix: "2001:db8:1::/48"}'
WEST = '  west: {prefix: "2001:db8:2::/48"}'
LMA = "  lma: {place: anchor, domain: home}"
CN = "  cn: {place: correspondent, domain: home}"
MAG2 = "  mag2: {place: access-router, domain: west}"
MN1 = "  mn1: {place: mobile}"
LINK = "  - {ends: [lma, mag1], delay: 10ms}"
LAST_LINK = "  - {ends: [lma, mag2], delay: 10ms}"
WLAN2 = "  wlan2: {router: mag2, technology: wlan}"
PING = "  ping: {kind: ping, from: cn, to: mn1}"
START = "  - {at: 2s, start: ping}"
MOVE = "  - {at: 5s, move: mn1, to: wlan2, gap: 50ms}"
EXPECT = "  - flows.ping.lost < 10"

# what the file has, what stands there instead (the marked line is at fault), the key, the words
CASES = {
    "unknown key": (CN, "  cn: {place: correspondent, domian: home}", "nodes.cn.domian", "domain?"),
    "unknown key at the top": ("seed: 1", "sed: 1", "sed", "did you mean seed?"),
    "unknown key of a link": (
        LINK,
        "  - {ends: [lma, mag1], dellay: 1}",
        "links[1].dellay",
        "delay?",
    ),
    "unknown key of a step": (
        MOVE,
        "  - {at: 5s, move: mn1, too: wlan2}",
        "timeline[2].too",
        "to?",
    ),
    "unknown key of a flow": (
        PING,
        "  ping: {kind: ping, from: cn, too: mn1}",
        "flows.ping.too",
        "to?",
    ),
    "missing key": (MN1, "  mn1: {domain: home}", "nodes.mn1.place", "`place` is missing"),
    "no mapping": (MN1, "  mn1: mobile", "nodes.mn1", "expected a mapping"),
    "no list": (LINK, "  - {ends: lma}", "links[1].ends", "valid list"),
    "too short a list": (LINK, "  - {ends: [lma]}", "links[1].ends", "at least 2 items"),
    "text for a number": ("seed: 1", "seed: one", "seed", "should be a whole number, not 'one'"),
    "number for a text": (EXPECT, "  - 5", "expect[0]", 'put it in quotes, "5"'),
    "bad name": (MN1, "  1mn: {place: mobile}", "nodes.1mn", "is no name"),
    "duplicate name": (MN1, "  cn: {place: mobile}", "cn", "duplicate name: line 12 has it"),
    "duplicate link": (LAST_LINK, "  - {ends: [lma, mag1]}", "links[2]", "duplicate name"),
    "link named as an access link": (
        WLAN2,
        "  lma-mag1: {router: mag2}",
        "access.lma-mag1",
        "duplicate name",
    ),
    "duplicate identifier": (
        MN1,
        '  mn2: {place: mobile, identifier: a}\n  mn1: {place: mobile, identifier: "a"}',
        "nodes.mn1.identifier",
        "duplicate name: 'a' is mn2 already",
    ),
    "unknown node in a link": (LINK, "  - {ends: [lma, mag11]}", "links[1].ends[1]", "mag1?"),
    "link to itself": (LINK, "  - {ends: [lma, lma]}", "links[1].ends", "both ends are lma"),
    "link to a mobile": (LINK, "  - {ends: [lma, mn1]}", "links[1].ends[1]", "mn1 is a mobile"),
    "second link of a host": (
        LINK,
        "  - {ends: [mag1, cn]}",
        "links[1].ends[1]",
        "has a link already",
    ),
    "unknown node in a flow": (
        PING,
        "  ping: {kind: ping, from: cn, to: mn11}",
        "flows.ping.to",
        "mn1?",
    ),
    "flow to itself": (
        PING,
        "  ping: {kind: ping, from: cn, to: cn}",
        "flows.ping.to",
        "both ends",
    ),
    "unknown kind of flow": (PING, "  ping: {kind: pong, from: cn}", "flows.ping.kind", "ping?"),
    "flow without a kind": (PING, "  ping: {from: cn}", "flows.ping", "needs a kind"),
    "rate and interval": (
        PING,
        "  ping: {kind: udp, from: cn, to: mn1, rate: 1Mbit/s, interval: 1s}",
        "flows.ping.rate",
        "not both",
    ),
    "unknown interface of a flow": (
        PING,
        "  ping: {kind: ping, from: cn, to: mn1, interface: eth1}",
        "flows.ping.interface",
        "did you mean eth0?",
    ),
    "bad regular expression": (
        PING,
        "  ping: {kind: command, from: cn, command: ls, success: '['}",
        "flows.ping.success",
        "is no regular expression",
    ),
    "unknown domain": (
        MAG2,
        "  mag2: {place: access-router, domain: wets}",
        "nodes.mag2.domain",
        "west?",
    ),
    "no domain": (MAG2, "  mag2: {place: access-router}", "nodes.mag2", "needs a `domain`"),
    "unknown place": (
        MAG2,
        "  mag2: {place: acess-router, domain: west}",
        "nodes.mag2.place",
        "access-router?",
    ),
    "key for mobiles": (
        CN,
        "  cn: {place: correspondent, anchor: lma}",
        "nodes.cn.anchor",
        "is for mobiles",
    ),
    "unknown anchor": (
        MN1,
        "  mn1: {place: mobile, anchor: lm}",
        "nodes.mn1.anchor",
        "did you mean lma?",
    ),
    "no anchor": (MN1, "  mn1: {place: mobile, anchor: cn}", "nodes.mn1.anchor", "cn is no anchor"),
    "unknown role": (
        MAG2,
        "  mag2: {place: access-router, domain: west, role: maag}",
        "nodes.mag2.role",
        "unknown role of pmipv6 'maag': did you mean mag?",
    ),
    "unknown role for a protocol": (
        MAG2,
        "  mag2: {place: access-router, domain: west, role: {pmipv6: dhp}}",
        "nodes.mag2.role.pmipv6",
        "unknown role of pmipv6 'dhp'",
    ),
    "wrong role at an access link": (
        WLAN2,
        "  wlan2: {router: lma, technology: wlan}",
        "access.wlan2.router",
        "needs the role mag here, and lma has lma",
    ),
    "wrong role of an anchor": (
        f"{LMA}\n{CN}",
        f"{LMA[:-1]}, role: none}}\n{CN}",
        "nodes.mn1.anchor",
        "needs an anchor with the role lma",
    ),
    "access at a host": (WLAN2, "  wlan2: {router: cn}", "access.wlan2.router", "does not forward"),
    "access at nobody": (
        WLAN2,
        "  wlan2: {router: mag3}",
        "access.wlan2.router",
        "did you mean mag2?",
    ),
    "unreachable router": (f"{LAST_LINK}\n", "", "nodes.mag2", "unreachable node: no links lead"),
    "unreachable host": (
        "  - {ends: [cn, lma]}\n",
        "",
        "nodes.cn",
        "unreachable node: it has no link",
    ),
    "too long a node name": (MN1, "  mobile-nod: {place: mobile}", "nodes.mobile-nod", "at most 9"),
    "too long an interface name": (
        MN1,
        "  mn1: {place: mobile, interfaces: {wireless-lan: {}}}",
        "nodes.mn1.interfaces.wireless-lan",
        "more than 15 characters",
    ),
    "unknown technology": (
        MN1,
        "  mn1: {place: mobile, interfaces: {wlan0: {technology: wlna}}}",
        "nodes.mn1.interfaces.wlan0.technology",
        "did you mean wlan?",
    ),
    "overlapping prefixes": (
        WEST,
        '  west: {prefix: "2001:db8:1:8000::/49"}',
        "domains.west.prefix",
        "overlaps 2001:db8:1::/48 of the domain home",
    ),
    "no prefix": (WEST, "  west: {prefix: 10.0.0.0/8}", "domains.west.prefix", "is no IPv6 prefix"),
    "bits beyond the length": (
        WEST,
        '  west: {prefix: "2001:db8:2::1/48"}',
        "domains.west.prefix",
        "did you mean 2001:db8:2::/48?",
    ),
    "multicast prefix": (WEST, '  west: {prefix: "ff00::/8"}', "domains.west.prefix", "unicast"),
    "prefix too small for a pool": (
        HOME,
        '  home: {prefix: "2001:db8:1::/64"}',
        "domains.home.prefix",
        "prefix too small: a /64 has no home prefixes",
    ),
    "prefix too small for links": (
        HOME,
        '  home: {prefix: "2001:db8:1::/63"}',
        "domains.home.prefix",
        "prefix too small: a /63 has 0 networks for links",
    ),
    "prefix too small for anything": (
        WEST,
        '  west: {prefix: "2001:db8:2::/112"}',
        "domains.west.prefix",
        "longer than a /64",
    ),
    "no address": (
        CN,
        "  cn: {place: correspondent, address: cn}",
        "nodes.cn.address",
        "is no IPv6 address",
    ),
    "address of another domain": (
        CN,
        '  cn: {place: correspondent, domain: home, address: "2001:db8:2::5"}',
        "nodes.cn.address",
        "is not in 2001:db8:1::/48",
    ),
    "address of a pool": (
        CN,
        '  cn: {place: correspondent, domain: home, address: "2001:db8:1:8000::5"}',
        "nodes.cn.address",
        "upper half",
    ),
    "address taken": (
        f"{LMA}\n{CN}",
        '  lma: {place: anchor, domain: home, address: "2001:db8:1::5"}\n'
        '  cn: {place: correspondent, domain: home, address: "2001:db8:1::5"}',
        "nodes.cn.address",
        "is the address of lma already",
    ),
    "host among the routers' addresses": (
        CN,
        '  cn: {place: correspondent, address: "2001:db8:1::99"}',
        "nodes.cn.address",
        "is for the routers' own addresses",
    ),
    "hosts of two links in one network": (
        CN,
        '  cn2: {place: correspondent, domain: home, address: "2001:db8:1:1::8"}\n'
        '  cn: {place: correspondent, address: "2001:db8:1:1::9"}',
        "nodes.cn.address",
        "2001:db8:1:1::/64 is for cn2",
    ),
    "address of a mobile": (
        MN1,
        '  mn1: {place: mobile, address: "::1"}',
        "nodes.mn1.address",
        "`prefixes`",
    ),
    "home prefix of another pool": (
        MN1,
        '  mn1: {place: mobile, interfaces: {eth0: {prefixes: ["2001:db8:2::/64"]}}}',
        "nodes.mn1.interfaces.eth0.prefixes[0]",
        "is not in 2001:db8:1:8000::/49, the pool of lma",
    ),
    "home prefix that is no /64": (
        MN1,
        '  mn1: {place: mobile, interfaces: {eth0: {prefixes: ["2001:db8:1:8000::/60"]}}}',
        "nodes.mn1.interfaces.eth0.prefixes[0]",
        "is no /64",
    ),
    "negative delay": (
        LINK,
        "  - {ends: [lma, mag1], delay: -1ms}",
        "links[1].delay",
        "impossible delay",
    ),
    "endless delay": (
        LINK,
        "  - {ends: [lma, mag1], delay: 1h}",
        "links[1].delay",
        "impossible delay",
    ),
    "jitter beyond delay": (
        LINK,
        "  - {ends: [lma, mag1], delay: 1ms, jitter: 2ms}",
        "links[1].jitter",
        "impossible delay: jitter",
    ),
    "unit of time": (LINK, "  - {ends: [lma, mag1], delay: 10 msec}", "links[1].delay", "10ms"),
    "unit of rate": (LINK, "  - {ends: [lma, mag1], rate: 10 MB/s}", "links[1].rate", "20Mbit/s"),
    "no rate": (LINK, "  - {ends: [lma, mag1], rate: 0}", "links[1].rate", "more than 0"),
    "unit of loss": (LINK, "  - {ends: [lma, mag1], loss: 3 permille}", "links[1].loss", "1%"),
    "loss beyond all": (LINK, "  - {ends: [lma, mag1], loss: 2}", "links[1].loss", "impossible"),
    "mtu below that of IPv6": (LINK, "  - {ends: [lma, mag1], mtu: 576}", "links[1].mtu", "1280"),
    "unknown step": (MOVE, "  - {at: 5s, mov: mn1, to: wlan2}", "timeline[2].mov", "move?"),
    "no step": (MOVE, "  - {at: 5s}", "timeline[2]", "needs something to do"),
    "two steps in one": (MOVE, "  - {at: 5s, move: mn1, detach: mn1}", "timeline[2]", "two steps"),
    "timeline out of order": (
        MOVE,
        "  - {at: 1s, move: mn1, to: wlan2}",
        "timeline[2].at",
        "out of order",
    ),
    "move to nowhere": (MOVE, "  - {at: 5s, move: mn1, to: wlan3}", "timeline[2].to", "wlan2?"),
    "move to the same link": (
        MOVE,
        "  - {at: 5s, move: mn1, to: wlan1}",
        "timeline[2].move",
        "nowhere",
    ),
    "move of no mobile": (
        MOVE,
        "  - {at: 5s, move: cn, to: wlan2}",
        "timeline[2].move",
        "unknown mobile",
    ),
    "move of nobody": (MOVE, "  - {at: 5s, move: mn2, to: wlan2}", "timeline[2].move", "mn1?"),
    "move of a detached node": (
        "  - {at: 0, attach: mn1, to: wlan1}\n",
        "",
        "timeline[1].move",
        "is not attached: `attach` it first",
    ),
    "attach twice": (
        MOVE,
        "  - {at: 5s, attach: mn1, to: wlan2}",
        "timeline[2].attach",
        "attached already",
    ),
    "detach twice": (
        MOVE,
        "  - {at: 5s, detach: mn1}\n  - {at: 6s, detach: mn1}",
        "timeline[3].detach",
        "is not attached",
    ),
    "move within a gap": (
        MOVE,
        "  - {at: 3s, move: mn1, to: wlan2, gap: 2s}\n  - {at: 4s, move: mn1, to: wlan1}",
        "timeline[3].move",
        "still in the gap",
    ),
    "unknown interface": (
        MOVE,
        "  - {at: 5s, move: mn1, interface: eth1, to: wlan2}",
        "timeline[2].interface",
        "did you mean eth0?",
    ),
    "walk that ends before": (
        MOVE,
        "  - {at: 5s, walk: mn1, every: 1s, until: 4s}",
        "timeline[2].until",
        "begins",
    ),
    "walk with too long a gap": (
        MOVE,
        "  - {at: 5s, walk: mn1, every: 1s, until: 9s, gap: 500ms}",
        "timeline[2].gap",
        "impossible gap",
    ),
    "ping-pong with too long a gap": (
        MOVE,
        "  - {at: 5s, pingpong: mn1, between: [wlan1, wlan2], every: 1s, times: 2, gap: 2s}",
        "timeline[2]",
        "still in the gap",
    ),
    "start of an unknown flow": (START, "  - {at: 2s, start: pong}", "timeline[1].start", "ping?"),
    "start twice": (START, "  - {at: 2s, start: [ping, ping]}", "timeline[1]", "runs already"),
    "stop of what does not run": (START, "  - {at: 2s, stop: ping}", "timeline[1]", "does not run"),
    "change of an unknown link": (
        MOVE,
        "  - {at: 5s, change: wlan3, delay: 1}",
        "timeline[2].change",
        "wlan2?",
    ),
    "change of nothing": (MOVE, "  - {at: 5s, change: wlan2}", "timeline[2]", "changes nothing"),
    "kill of no agent": (MOVE, "  - {at: 5s, kill: cn}", "timeline[2].kill", "cn has no agent"),
    "kill of nobody": (MOVE, "  - {at: 5s, kill: mag3}", "timeline[2].kill", "did you mean mag2?"),
    "restart of the living": (MOVE, "  - {at: 5s, restart: lma}", "timeline[2]", "was not killed"),
    "run on nobody": (
        MOVE,
        "  - {at: 5s, run: ls, node: mag22}",
        "timeline[2].node",
        "did you mean mag2?",
    ),
    "expectation without operator": (EXPECT, "  - flows.ping.lost", "expect[0]", "bad expectation"),
    "expectation with a strange operator": (
        EXPECT,
        "  - flows.ping.lost >> 1",
        "expect[0]",
        "did you mean >?",
    ),
    "expectation with a strange bound": (
        EXPECT,
        "  - flows.ping.lost < 1 fortnight",
        "expect[0]",
        "no number",
    ),
    "expectation on a strange path": (EXPECT, "  - flows..lost < 1", "expect[0]", "is no path"),
    "expectation on an unknown part": (EXPECT, "  - flow.ping.lost < 1", "expect[0]", "flows?"),
    "expectation on an unknown flow": (EXPECT, "  - flows.pin.lost < 1", "expect[0]", "ping?"),
    "unknown protocol": ("protocol: pmipv6", "protocol: pmip", "protocol", "did you mean pmipv6?"),
    "options of an unknown protocol": (
        f"  pmipv6:\n{LIFETIME}",
        "  pmip: {}",
        "protocols.pmip",
        "did you mean pmipv6?",
    ),
    "unknown option": (LIFETIME, "    lifetme: 60s", "protocols.pmipv6.lifetme", "lifetime?"),
    "impossible option": (
        LIFETIME,
        "    lifetime: 1s",
        "protocols.pmipv6.lifetime",
        "impossible lifetime",
    ),
    "option beyond its choices": (
        LIFETIME,
        "    ordering: tme",
        "protocols.pmipv6.ordering",
        "'timestamp'",
    ),
    "key of no octets": (
        LIFETIME,
        "    authentication: {spi: 1000, key: xyz}",
        "protocols.pmipv6.authentication.key",
        "hexadecimal",
    ),
    "too short a duration": (
        "seed: 1",
        "duration: 3s",
        "duration",
        "ends before the timeline does",
    ),
    "broken YAML": (MOVE, "  - {at: 5s, move: mn1]", "", "not YAML"),
}

# Where the fault shows on another line than the one that was changed.
ELSEWHERE = {
    "wrong role of an anchor": MN1,
    "unreachable router": MAG2,
    "unreachable host": CN,
    "move of a detached node": MOVE,
}


def marked(name: str) -> tuple[str, int]:
    """Return the wrong file and the line that is at fault: the last of what was replaced."""
    old, new, _, _ = CASES[name]
    assert SOUND.count(old) == 1
    text = SOUND.replace(old, new)
    fault = ELSEWHERE.get(name, new.rpartition("\n")[2])
    return text, text[: text.index(fault)].count("\n") + 1


def refusal(path: Path) -> str:
    with pytest.raises(TopologyError) as caught:
        load(path)
    return str(caught.value)


def test_the_sound_file_is_sound(tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    path.write_text(SOUND)
    assert load(path).name == "sound"


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_file_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    text, line = marked(name)
    _, _, key, words = CASES[name]
    path = tmp_path / "topology.yaml"
    path.write_text(text)
    said = refusal(path)
    where = f"{path}:{line}: {key}: " if key else f"{path}:{line}: "
    assert said.startswith(where)
    assert words in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "is empty"),
        ("# only a comment\n", 1, "is empty"),
        ("just text", 1, "is no mapping"),
        ("- a\n- b\n", 1, "is no mapping"),
        ("name: a\nnodes: b: c\n", 2, "not YAML"),
        ("name: a\nnodes: *unknown\n", 2, "not YAML: found undefined alias"),
        ("name: a\nnodes: &a [*a]\n", 2, "not YAML: an alias that contains itself"),
        ("name: a\nnodes: \0\n", 2, "not YAML: the character"),
        ("name: a\n? [1]\n: b\n", 2, "a key must be plain text"),
        ("name: a\nseed: !!python/object:os.system 1\n", 2, "not YAML: could not determine"),
        ("name: a\n---\nname: b\n", 2, "not YAML: but found another document"),
    ],
)
def test_what_is_no_topology_is_refused(text: str, line: int, words: str, tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    path.write_text(text)
    assert refusal(path).startswith(f"{path}:{line}: {words}")


def test_nesting_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    path.write_text("name: " + "[" * 100_000 + "]" * 100_000)
    assert refusal(path).startswith(f"{path}:1: not YAML: nested too deeply")


def test_aliases_of_aliases_are_read_once(tmp_path: Path) -> None:
    levels = "".join(f"x{i + 1}: &x{i + 1} [*x{i}, *x{i}, *x{i}, *x{i}]\n" for i in range(40))
    path = tmp_path / "topology.yaml"
    path.write_text(f"x0: &x0 [a]\n{levels}")
    assert refusal(path).startswith(f"{path}:1: x0: unknown key")


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    path.write_bytes(b"name: \xff\xfe")
    assert "is not UTF-8 text (octet 6)" in refusal(path)


def test_a_mobile_without_any_anchor_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "topology.yaml"
    path.write_text(SOUND.replace("place: anchor", "place: router"))
    assert "nodes.mn1: has no anchor: add a node with `place: anchor`" in refusal(path)


def test_a_topology_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "no such topology" in refusal(tmp_path / "nowhere")
    assert "did you mean pmipv6?" in refusal(Path("pmipv66"))
    assert "the folder has no topology.yaml" in refusal(tmp_path)


def test_an_unknown_protocol_of_the_command_line_is_refused() -> None:
    with pytest.raises(TopologyError, match=r"^--protocol: unknown protocol 'mip': .*pmipv6"):
        load("pmipv6", protocol="mip")


def test_an_error_of_a_scenario_names_the_scenario(tmp_path: Path) -> None:
    topology, scenario = tmp_path / "topology.yaml", tmp_path / "scenario.yaml"
    topology.write_text(SOUND)
    scenario.write_text(
        "timeline:\n  - {at: 0, attach: mn1, to: wlan1}\n  - {at: 1, start: pong}\n"
    )
    with pytest.raises(TopologyError) as caught:
        load(topology, scenario=scenario)
    assert str(caught.value).startswith(f"{scenario}:3: timeline[1].start: unknown flow 'pong'")


def test_a_scenario_holds_no_network(tmp_path: Path) -> None:
    topology, scenario = tmp_path / "topology.yaml", tmp_path / "scenario.yaml"
    topology.write_text(SOUND)
    scenario.write_text("seed: 3\nnodes: {}\n")
    with pytest.raises(TopologyError) as caught:
        load(topology, scenario=scenario)
    assert str(caught.value).startswith(f"{scenario}:2: nodes: unknown key")


def test_many_names_are_not_all_listed(tmp_path: Path) -> None:
    nodes = "\n".join(f"  r{i}: {{place: router, domain: west}}" for i in range(100))
    path = tmp_path / "topology.yaml"
    path.write_text(SOUND.replace(LMA, f"{LMA}\n{nodes}").replace("[lma, mag1]", "[lma, zzzzzz]"))
    assert refusal(path).endswith(", ...")
