import pytest
from evidence_world import CN, HOME_ADDRESS, PATH2, PING, UDP, build, event, handover_events, travel

from testbed.evidence.matching import FlowTable, packed
from testbed.evidence.result import measure
from testbed.topology.network import Flow

COUNTS = {"packets": 0, "dropped": 0}


def flow_of(sightings, flow=UDP, events=()):
    result = measure(build(flow), sightings, events or handover_events(), COUNTS, "simulated")
    return result.document["flows"][0]


def test_counts_what_was_lost_duplicated_and_reordered():
    seen = []
    for sequence in range(6):
        seen += travel(UDP, sequence, 1 + sequence / 100, links=2 if sequence == 1 else None)
    seen += travel(UDP, 4, 1.2)[-1:]  # a second copy of the fifth arrives
    seen += travel(UDP, 6, 1.06, hop=0.02) + travel(UDP, 7, 1.07)  # 7 overtakes 6
    flow = flow_of(seen)
    assert (flow["sent"], flow["received"], flow["lost"]) == (8, 7, 1)
    assert (flow["duplicated"], flow["reordered"], flow["unsent"]) == (1, 1, 0)


def test_delay_is_one_way_between_the_two_ends():
    flow = flow_of([s for n in range(5) for s in travel(UDP, n, 1 + n / 10, hop=0.001 * (n + 1))])
    assert flow["delay"] == {"min": 0.004, "median": 0.012, "p95": 0.0192, "max": 0.02}


def test_datagrams_that_never_left_their_host_are_sent_and_lost():
    seen = [s for n in (0, 1, 5, 6) for s in travel(UDP, n, 1 + n / 10, downward=False)]
    flow = flow_of(seen)
    assert (flow["sent"], flow["received"], flow["lost"], flow["unsent"]) == (7, 4, 3, 3)
    assert flow["directions"]["up"]["lost"] == 3
    assert flow["directions"]["down"]["sent"] == 0


def test_a_ping_counts_requests_and_the_replies_to_them():
    seen = []
    for n in range(4):
        seen += travel(PING, n, 1 + n / 10)
        seen += travel(PING, n, 1.01 + n / 10, downward=False, links=1 if n == 2 else None)
    flow = flow_of(seen, PING)
    assert (flow["sent"], flow["received"], flow["lost"]) == (4, 3, 1)
    assert flow["round_trip"]["median"] == 0.014
    assert flow["directions"]["down"]["received"] == 4


def test_hops_stand_beside_those_of_the_shortest_path_of_the_time():
    seen = travel(UDP, 0, 1.0) + travel(UDP, 1, 3.0, PATH2)
    flow = flow_of(seen)
    assert (flow["hops"], flow["shortest_hops"], flow["stretch"]) == (4, 4, 1.0)
    assert flow["tunnel_bytes"] == 2 * 2 * 40


def test_a_flow_without_packets_has_no_figures_but_zeros():
    flow = flow_of([])
    assert (flow["sent"], flow["lost"], flow["hops"]) == (0, 0, None)
    assert flow["delay"]["median"] is None


@pytest.mark.parametrize(
    ("details", "succeeded"),
    [({"status": 0}, True), ({"status": 1}, False), ({"status": 1, "succeeded": True}, True)],
)
def test_a_flow_says_how_its_program_ended(details, succeeded):
    flow = flow_of(
        [], events=[*handover_events(), event(5.0, "flow_stopped", flow="voice", **details)]
    )
    assert (flow["status"], flow["succeeded"]) == (details["status"], succeeded)


def test_a_flow_of_which_nothing_is_known_has_neither_succeeded_nor_failed():
    assert flow_of([])["succeeded"] is None


@pytest.mark.parametrize("source", ["cn", "mn1"])
def test_a_command_that_names_no_peer_owns_no_packets(source):
    alone = Flow("alone", "command", source, "", HOME_ADDRESS, "", "both", 5001, command="ls")
    assert FlowTable({"alone": alone}).ports(packed(HOME_ADDRESS), packed(CN), 17, (9, 9)) is None
    flow = flow_of([], alone)
    assert (flow["from"], flow["to"], flow["sent"]) == (source, "", 0)
