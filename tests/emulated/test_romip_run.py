"""A run of ROMIP on the kernel: figure 1 of the draft, step by step, read by tshark."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest
from romip_runs import Played, Step, play

pytestmark = pytest.mark.root

SCENARIO = """
flows:
  call: {kind: udp, from: a, to: b, direction: both, interval: 20ms, size: 160}
  download: {kind: tcp, from: a, to: b, direction: up, rate: 2Mbit/s}
  talk: {kind: udp, from: a, to: c, direction: both, interval: 20ms, size: 160}
timeline:
  - {at: 0, attach: a, to: awlan1}
  - {at: 0, attach: b, to: bwlan1}
  - {at: 1s, start: [call, download]}
  - {at: 2s, move: a, to: awlan2, gap: 50ms}
  - {at: 3s, start: talk}
  - {at: 4s, move: b, to: bwlan2, gap: 50ms}
  - {at: 6s, move: a, to: awlan3, gap: 50ms}
  - {at: 8s, move: a, to: awlan2, gap: 50ms}
  - {at: 8.005s, move: b, to: bwlan1, gap: 50ms}
  - {at: 12s, stop: [call, download, talk]}
expect:
  - captures.dropped == 0
  - handovers.length == 5
"""
MOVES = 5
NOWHERE = "::"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play(tmp_path_factory.mktemp("romip"), SCENARIO)


def home(played: Played, node: str, access: str) -> str:
    """The address that the MAAR of an access link has assigned."""
    return played.care_of(node, access)


def only(steps: list[Step], kind: str, speaker: str = "") -> Step:
    (found,) = [s for s in steps if s.kind == kind and speaker in ("", s.speaker)]
    return found


def test_the_eight_steps_of_figure_1_in_order(played: Played) -> None:
    """The other messages to and from B_MAAR1 are of the session with C, begun at A_MAAR2."""
    steps = played.after("a", "awlan3")
    said = [(step.kind, step.speaker, step.listener) for step in steps]
    of_figure = [each for each in said if "bmaar1" not in each]
    assert of_figure == [
        ("RS", "a", "all routers"),
        ("request", "amaar3", "aaa"),
        ("response", "aaa", "amaar3"),
        ("RA", "amaar3", "a"),
        ("sDBU", "amaar3", "amaar2"),
        ("sDBA", "amaar2", "amaar3"),
        ("dDBU", "amaar3", "bmaar2"),
        ("dDBA", "bmaar2", "amaar3"),
    ]
    of_host = [each for each in said if "bmaar1" in each]
    assert of_host == [("dDBU", "amaar3", "bmaar1"), ("dDBA", "bmaar1", "amaar3")]


def test_answers_have_the_numbers_of_their_updates_and_accept_them(played: Played) -> None:
    steps = played.after("a", "awlan3")
    for update, answer, peer in (("sDBU", "sDBA", "amaar2"), ("dDBU", "dDBA", "bmaar2")):
        (asked,) = [s for s in steps if s.kind == update and s.listener == peer]
        told = only(steps, answer, peer)
        assert told.row["mip6.ba.seqnr"] == asked.row["mip6.bu.seqnr"]
        assert told.row["mip6.ba.status"] == ["0"]
        assert told.row["mip6.ba.lifetime"] == asked.row["mip6.bu.lifetime"] == ["15"]


def test_the_aaa_server_tells_each_maar_the_one_before_it(played: Played) -> None:
    visited = {"a": ("amaar1", "amaar2", "amaar3", "amaar2"), "b": ("bmaar1", "bmaar2", "bmaar1")}
    for node, maars in visited.items():
        identifier = f"{node}@home"
        asked = [s for s in played.steps if s.row["diameter.User-Name"] == [identifier]]
        requests = [s for s in asked if s.kind == "request"]
        responses = [s for s in asked if s.kind == "response"]
        assert [s.speaker for s in requests] == list(maars)
        agent = "diameter.MIP-Home-Agent-Address.IPv6"
        assert [s.row[agent] for s in requests] == [[played.address(each)] for each in maars]
        before = [NOWHERE, *(played.address(each) for each in maars[:-1])]
        assert [s.row[agent] for s in responses] == [[each] for each in before]
        assert all(s.row["diameter.Result-Code"] == ["2001"] for s in responses)
        pairs = zip(requests, responses, strict=True)
        assert all(q.row["diameter.Session-Id"] == r.row["diameter.Session-Id"] for q, r in pairs)


def test_the_solicitation_lists_the_sessions_and_the_advertisement_the_new_address(
    played: Played,
) -> None:
    def packed(*addresses: str) -> bytes:
        return b"".join(IPv6Address(each).packed for each in addresses)

    own = home(played, "a", "awlan1"), home(played, "b", "bwlan1")
    asked = played.octets("amaar3", "icmpv6.type == 133")
    assert [packed(*own) in octets and b"a@home" in octets for octets in asked] == [True]
    told = played.octets("amaar3", "icmpv6.type == 134 && !(ipv6.dst == ff02::1)")
    assert [packed(home(played, "a", "awlan3")) in octets for octets in told] == [True]


def test_a_download_survives_all_moves_on_one_connection(played: Played) -> None:
    ends = home(played, "a", "awlan1"), home(played, "b", "bwlan1")
    opened = played.seen("a", "ipv6.src", "ipv6.dst", display_filter="tcp.flags.syn == 1")
    assert {tuple(sorted(row["ipv6.src"] + row["ipv6.dst"])) for row in opened} == {
        tuple(sorted(ends))
    }
    assert len(opened) == 2 * 2, "iperf3 has one for control beside"
    last = max(each["at"] for each in played.named("link_up"))
    fields = ("frame.time_epoch", "tcp.len")
    data = played.seen("a", *fields, display_filter=f"tcp.len > 0 && ipv6.src == {ends[1]}")
    times = [float(row["frame.time_epoch"][0]) for row in data]
    stops = [each["at"] for each in played.named("link_down")]
    for start, stop in zip([0.0, *stops], [*stops, times[-1] + 1], strict=True):
        if stop - start > 0.1:
            assert [at for at in times if start <= at < stop]
    assert len([at for at in times if at > last + 1]) > 100
    stopped = played.named("flow_stopped", flow="download")[0]["at"]
    resets = played.seen("a", "frame.time_epoch", display_filter="tcp.flags.reset == 1")
    assert all(float(row["frame.time_epoch"][0]) > stopped - 0.5 for row in resets)


def test_correspondents_see_home_addresses_only(played: Played) -> None:
    """Moves of A are transparent to B and to C, which has no agent (draft-ma, principle 2)."""
    data = "(udp || tcp) && !icmpv6"
    of_b = {home(played, "a", "awlan1"), home(played, "b", "bwlan1")}
    of_c = {home(played, "a", "awlan2"), played.address("c")}
    for node, ends in (("b", of_b), ("c", of_c)):
        found = played.seen(node, "ipv6.src", "ipv6.dst", display_filter=data)
        assert len(found) > 200
        assert {(*row["ipv6.src"], *row["ipv6.dst"]) for row in found} == {
            (one, *(ends - {one})) for one in ends
        }
        rest = "mipv6 || ipv6.nxt == 41 || ipv6.nxt == 43 || ipv6.nxt == 60"
        assert played.seen(node, "frame.number", display_filter=rest) == []
    signalling = "mipv6 || diameter || icmpv6.type in {133, 134}"
    assert played.seen("c", "frame.number", display_filter=signalling) == []


def test_mobiles_take_no_part_in_signalling_beyond_step_1(played: Played) -> None:
    for node in ("a", "b"):
        assert played.seen(node, "frame.number", display_filter="mipv6 || diameter") == []
        spoken = {step.kind for step in played.steps if step.speaker == node}
        assert spoken == {"RS"}


def test_packets_go_by_the_shortest_way_between_the_current_maars(played: Played) -> None:
    """Figure 2: after the third move, in one tunnel from A_MAAR3 to B_MAAR2 and back."""
    for name in ("call", "download", "talk"):
        assert played.flow(name)["stretch"] == 1
    came = played.named("link_up", subject="a", access="awlan3")[0]["at"]
    window = f"frame.time_epoch > {came + 0.5} && frame.time_epoch < {came + 1.8}"
    of_call = f"{window} && udp && !icmpv6 && ipv6.addr == {home(played, 'b', 'bwlan1')}"
    tunnelled = f"{of_call} && ipv6.nxt == 41"
    found = played.seen("amaar3", "ipv6.src", "ipv6.dst", display_filter=tunnelled)
    maars = played.address("amaar3"), played.address("bmaar2")
    assert {(row["ipv6.src"][0], row["ipv6.dst"][0]) for row in found} == {maars, maars[::-1]}
    for elsewhere in ("amaar1", "amaar2", "bmaar1"):
        assert played.seen(elsewhere, "frame.number", display_filter=of_call) == []


def test_sessions_resume_when_both_ends_move_at_once(played: Played) -> None:
    handovers = played.result["handovers"]
    assert len(handovers) == MOVES
    assert all(each["latency"] is not None and each["latency"] < 2 for each in handovers)
    call = played.flow("call")
    assert call["duplicated"] == 0
    assert call["lost"] < 150


def test_tshark_finds_nothing_wrong(played: Played) -> None:
    assert played.complaints() == []
