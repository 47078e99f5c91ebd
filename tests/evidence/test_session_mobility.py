"""A handover of a node whose addresses routers assign (draft-ma-dmm-romip-00)."""

import pytest
from evidence_world import LMA, MAG1, MAG2, PATH2, UDP, build, carried, event, handover_events
from evidence_world import travel as crossing

from agents.wire.address import Address
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.options import MobileNodeIdentifier, ServingMaar, SessionHomeAddress
from testbed.evidence.measure import measure

COUNTS = {"packets": 0, "dropped": 0}
NAI = "mn1@example"
HOME, PEER = "2001:db8:2:1::77", "2001:db8:9:1::5"
PAIR = (SessionHomeAddress(1, Address.parse(HOME)), SessionHomeAddress(2, Address.parse(PEER)))
MOVED, CORRESPONDENT = PAIR
MAAR = ServingMaar(Address.parse(MAG2))
SDBU = BindingUpdate(7, 0x8200, 15, (MobileNodeIdentifier(1, NAI.encode()), *PAIR))
SDBA = BindingAcknowledgement(0, 0x20, 7, 15, (*PAIR, ServingMaar(Address.parse(LMA))))
DDBU = BindingUpdate(3, 0x8300, 15, (MOVED, MAAR, CORRESPONDENT))
DDBA = BindingAcknowledgement(0, 0x30, 3, 15, PAIR)
UP, DOWN = ("mag2-eth0", "core-eth2"), ("core-eth2", "mag2-eth0")


def identifier():
    return build(UDP).nodes["mn1"].mobile.identifier


def steps(*, refused=False, assigned=True):
    """What is seen and logged of figure 1 from step 2 on."""
    answer = BindingAcknowledgement(133, 0x30, 3, 15, PAIR) if refused else DDBA
    update = BindingUpdate(7, 0x8200, 15, (MobileNodeIdentifier(1, identifier().encode()), *PAIR))
    seen = [
        *carried(2.120, update, MAG2, MAG1, *UP),
        *carried(2.124, SDBA, MAG1, MAG2, *DOWN),
        *carried(2.130, DDBU, MAG2, LMA, *UP),
        *carried(2.134, answer, LMA, MAG2, *DOWN),
        *crossing(UDP, 1, 2.140, PATH2),
    ]
    logged = [
        *([event(0.5, "address_assigned", "mag1", subject=identifier(), address=HOME)] * assigned),
        event(2.105, "query_sent", "mag2", subject=identifier()),
        event(2.108, "query_answered", "lma", subject=identifier()),
        event(2.111, "query_answered", "mag2", subject=identifier()),
        event(2.112, "route_installed", "mag2", prefix=f"{HOME}/128", interface="mag2-eth1"),
        event(2.113, "route_installed", "mag2", prefix=f"{PEER}/128", tunnel=LMA),
    ]
    return seen, [*handover_events(), *logged]


def phases(seen, logged):
    result = measure(build(UDP), seen, logged, COUNTS, "simulated")
    (handover,) = result.document["handovers"]
    return handover["phases"]


def test_the_steps_of_a_handover_are_its_phases():
    found = phases(*steps())
    assert (found["query_sent"], found["query_answered"]) == (2.105, 2.111)
    assert found["route_installed"] == 2.112
    assert found["binding_sent"] == 2.120
    # The answer of the router before says nothing of where packets go.
    assert found["binding_acknowledged"] == pytest.approx(2.135)


def test_who_is_asked_stands_for_an_asker_that_does_not_say():
    seen, logged = steps()
    found = phases(seen, [e for e in logged if (e.event, e.node) != ("query_answered", "mag2")])
    assert found["query_answered"] == 2.108


def test_a_refusal_acknowledges_nothing():
    found = phases(*steps(refused=True))
    assert (found["binding_sent"], found["binding_acknowledged"]) == (2.120, None)


def test_an_address_that_nobody_was_assigned_is_nobodys():
    found = phases(*steps(assigned=False))
    assert (found["binding_sent"], found["binding_acknowledged"]) == (2.120, None)
    assert found["route_installed"] is None


def test_the_messages_have_the_names_of_the_draft():
    seen, logged = steps()
    result = measure(build(UDP), seen, logged, COUNTS, "simulated")
    named = [row["message"] for row in result.document["signalling"]]
    assert named == ["dDBA", "dDBU", "sDBA", "sDBU"]
