"""Mobiles that bind their own addresses, as a result shows them."""

from dataclasses import replace

import pytest
from evidence_frames import ethernet, ipv6, stamped, udp
from evidence_world import CN, HOME_ADDRESS, PATH2, UDP, build, carried, event, handover_events
from evidence_world import travel as crossing

from agents.wire.address import Address, Prefix
from agents.wire.messages import BindingAcknowledgement, BindingUpdate, CareOfTestInit
from testbed.evidence.capture import frame_readers
from testbed.evidence.matching import FlowTable, packed
from testbed.evidence.measure import measure
from testbed.evidence.subjects import Subjects
from testbed.topology.network import Mobile

COUNTS = {"packets": 0, "dropped": 0}
CARE_OF, PROXIED = "2001:db8:3:1:0:ff:fe00:1", "2001:db8:9:8000::77"
ASKING = replace(
    UDP, source="mn1", destination="cn", source_address=HOME_ADDRESS, destination_address=CN,
    initiator="mn1", asks=("mn1",), service="voip",
)  # fmt: skip


def test_the_time_after_the_care_of_address_is_the_protocols_own():
    usable = event(2.108, "care_of_usable", "mn1", address=CARE_OF, interface="mn1-eth0")
    late = event(2.1, "route_installed", "lma", prefix=f"{HOME_ADDRESS}/128", tunnel=CARE_OF)
    own = event(2.107, "route_installed", "mn1", prefix="::/0", interface="mn1-eth0")
    update = BindingUpdate(7, 0xC000, 15)
    answer = BindingAcknowledgement(0, 0, 7, 15)
    result = measure(
        build(UDP),
        [
            *carried(2.109, update, HOME_ADDRESS, "2001:db8:1::1", "mn1-eth0", "mag2-eth1"),
            *carried(2.113, answer, "2001:db8:1::1", HOME_ADDRESS, "mag2-eth1", "mn1-eth0"),
            *crossing(UDP, 1, 2.115, PATH2),
        ],
        [*handover_events(), late, own, usable],
        COUNTS,
        "simulated",
    )
    (handover,) = result.document["handovers"]
    phases = handover["phases"]
    assert phases["care_of_usable"] == 2.108
    assert (phases["binding_sent"], phases["binding_acknowledged"]) == (2.109, 2.114)
    assert phases["route_installed"] == 2.1
    assert handover["first_packets"] == {"voice": phases["first_packet"]}
    assert handover["latency_after_care_of"] == round(phases["first_packet"] - 2.108, 6)


def test_what_a_host_sends_is_its_own_from_whichever_address():
    init = CareOfTestInit(b"12345678")
    result = measure(
        build(UDP),
        carried(1.0, init, CARE_OF, CN, "mn1-eth0", "mag2-eth1", "mag2-eth0", "core-eth2"),
        handover_events(),
        COUNTS,
        "simulated",
    )
    (row,) = result.document["signalling"]
    assert (row["message"], row["count"], row["byte_hops"]) == ("CareOfTestInit", 1, 240)


def test_a_flow_whose_address_its_agent_chooses_is_known_by_its_peer():
    table = FlowTable({"voice": ASKING})
    here, there = packed(PROXIED), packed(CN)
    assert table.ports(here, there, 17, (5001, 40000)) == ("voice", True)
    assert table.ports(there, here, 17, (40000, 5001)) == ("voice", False)
    assert table.ports(here, packed(CARE_OF), 17, (5001, 40000)) is None


@pytest.mark.parametrize(("initiator", "downward"), [("mn1", False), ("cn", True)])
def test_a_flow_that_asks_for_both_addresses_is_known_by_its_port_alone(initiator, downward):
    both = replace(ASKING, kind="tcp", asks=("cn", "mn1"), initiator=initiator)
    table = FlowTable({"voice": both, "else": replace(both, name="else", kind="command")})
    here, there = packed(PROXIED), packed(CARE_OF)
    # The port is the responder's: what goes there comes from the initiator.
    assert table.ports(here, there, 6, (5001, 40000)) == ("voice", downward)
    assert table.ports(here, there, 6, (40000, 5001)) == ("voice", not downward)
    assert table.ports(here, there, 17, (40000, 5001)) is None
    assert table.ports(here, there, 6, (40000, 3868)) is None


def test_a_ping_between_unknown_addresses_goes_where_it_asks():
    table = FlowTable({"echo": replace(ASKING, name="echo", kind="ping", asks=("cn", "mn1"))})
    here, there = packed(PROXIED), packed(CARE_OF)
    assert table.echo(here, there, 5001, request=True) == ("echo", True)
    assert table.echo(there, here, 5001, request=False) == ("echo", False)
    assert table.echo(here, there, 5002, request=True) is None


def test_datagrams_between_unknown_addresses_say_which_way_they_go():
    network = build(replace(ASKING, asks=("cn", "mn1")))
    reader = frame_readers(network)["cn-eth0"]
    for downward in (True, False):
        packet = ipv6(PROXIED, CARE_OF, 17, udp(5001, 5001, stamped(3, downward)))
        found = reader.read(1.0, ethernet("02:00:00:00:00:99", packet))
        assert found is not None
        assert (found.flow, found.downward, found.identity) == ("voice", downward, 3)


def test_a_flow_says_what_its_agent_chose_and_why_it_ended():
    chosen = {"flow": "voice", "service": "voip", "source": PROXIED, "via": "proxy"}
    result = measure(
        build(ASKING),
        (),
        [
            *handover_events(),
            event(1.0, "flow_opened", "mn1", **chosen, proxy="2001:db8:9::d1"),
            event(1.1, "flow_started", flow="voice", source_address=PROXIED),
            event(2.2, "flow_ended", "mn1", flow="voice", why="too slow an access link"),
        ],
        COUNTS,
        "simulated",
    )
    (flow,) = result.document["flows"]
    assert (flow["address"], flow["via"], flow["proxy"]) == (PROXIED, "proxy", "2001:db8:9::d1")
    assert (flow["source_address"], flow["destination_address"]) == (PROXIED, CN)
    assert (flow["service"], flow["ended"]) == ("voip", "too slow an access link")


def test_a_flow_that_was_given_up_is_not_interrupted():
    sent = [*crossing(UDP, 1, 1.9), *crossing(UDP, 2, 2.5, PATH2), *crossing(UDP, 3, 2.6, PATH2)]
    ended = event(2.2, "flow_ended", "mn1", flow="voice", why="care-of address gone")
    for events, lasts in (([], True), ([ended], False)):
        result = measure(build(UDP), sent, [*handover_events(), *events], COUNTS, "simulated")
        (handover,) = result.document["handovers"]
        assert (handover["interruption"]["voice"]["down"] is not None) == lasts


def test_mobiles_that_share_a_home_prefix_are_told_apart_by_their_addresses():
    network = build()
    first = network.nodes["mn1"]
    other = "2001:db8:1:8000:0:ff:fe00:2"
    shared = first.mobile.home_prefixes["mn1-eth0"]
    second = replace(
        first,
        name="mn2",
        mobile=Mobile("mn2@x", "lma", {"mn2-eth0": shared}, {"mn2-eth0": (other,)}),
    )
    subjects = Subjects(replace(network, nodes={**network.nodes, "mn2": second}))
    assert subjects.of_address(Address.parse(other)) == ("mn2", "mn2-eth0")
    assert subjects.of_address(Address.parse(HOME_ADDRESS)) == ("mn1", "mn1-eth0")
    assert subjects.of_address(Prefix.parse(shared[0]).network) is None
    installed = event(1.0, "route_installed", "lma", prefix=f"{other}/128")
    assert subjects.of_event(installed) == ("mn2", "mn2-eth0")
