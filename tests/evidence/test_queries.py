from evidence_text import row, shown
from evidence_world import (
    CN,
    HOME_ADDRESS,
    MAG1,
    MAG2,
    PATH2,
    UDP,
    build,
    carried,
    handover_events,
    travel,
)

from agents.wire.address import Address, Prefix
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.numbers import BindingAckFlag, BindingUpdateFlag
from agents.wire.options import AlternateCareOfAddress, HomeNetworkPrefix
from testbed.evidence.ladder.joined import messages
from testbed.evidence.measure import measure
from testbed.evidence.report import report
from testbed.evidence.tables import print_result

GROUP = "ff05::4d41:4701"
OTHER = "2001:db8:1:8000::77"  # in the home prefix, but nobody's address
ACROSS = ("mag1-eth0", "core-eth1", "core-eth2", "mag2-eth0")
TO_ALL = (*ACROSS[:3], "mag2-eth0")


def question(sequence, address=HOME_ADDRESS):
    flags = BindingUpdateFlag.PROXY | BindingUpdateFlag.ACKNOWLEDGE | BindingUpdateFlag.QUERY
    return BindingUpdate(sequence, int(flags), 0, (HomeNetworkPrefix(Prefix.parse(address)),))


def answer(sequence, place=MAG2, status=0, address=HOME_ADDRESS):
    options = [HomeNetworkPrefix(Prefix.parse(address))]
    if place:
        options.append(AlternateCareOfAddress(Address.parse(place)))
    flags = BindingAckFlag.PROXY | BindingAckFlag.QUERY
    return BindingAcknowledgement(status, int(flags), sequence, 15, tuple(options))


def asked(at, sequence, **more):
    return carried(at, question(sequence, **more), MAG1, GROUP, *TO_ALL)


def answered(at, sequence, **more):
    return carried(at, answer(sequence, **more), MAG2, MAG1, *ACROSS[::-1])


def run(*sightings):
    seen = [each for part in sightings for each in part]
    return measure(build(UDP), seen, handover_events(), {"packets": 9, "dropped": 0}, "simulated")


def test_a_query_and_its_answer_are_one_row():
    (found,) = run(asked(1.0, 7), answered(1.01, 7)).document["queries"]
    assert found == {
        "node": "mn1",
        "address": HOME_ADDRESS,
        "asker": "mag1",
        "sent_at": 1.0,
        "tries": 1,
        "answered_at": 1.012,
        "answered_by": "mag2",
        "status": 0,
        "found_at": "mag2",
        "delay": 0.012,
        "where": None,
    }


def test_repetitions_are_the_same_query_and_the_answer_to_any_of_them_counts():
    found = run(asked(1.0, 7), asked(2.0, 8), asked(4.0, 9), answered(4.1, 8), answered(4.2, 9))
    (only,) = found.document["queries"]
    assert (only["tries"], only["answered_at"], only["delay"]) == (3, 4.102, 3.102)


def test_whoever_asks_after_an_answer_asks_anew():
    found = run(asked(1.0, 7), answered(1.1, 7), asked(3.0, 8)).document["queries"]
    assert [each["sent_at"] for each in found] == [1.0, 3.0]
    assert (found[1]["answered_by"], found[1]["delay"], found[1]["status"]) == (None, None, None)


def test_an_answer_with_another_number_or_about_another_address_answers_nothing():
    found = run(asked(1.0, 7), answered(1.1, 8), answered(1.2, 7, address=OTHER))
    (only,) = found.document["queries"]
    assert only["answered_at"] is None


def test_a_refusal_is_an_answer_that_names_no_place():
    found = run(asked(1.0, 7, address=OTHER), answered(1.1, 7, place="", status=153, address=OTHER))
    (only,) = found.document["queries"]
    assert (only["node"], only["address"]) == (None, OTHER)
    assert (only["status"], only["found_at"], only["answered_by"]) == (153, None, "mag2")


def test_a_query_about_the_mobile_is_a_phase_of_its_move():
    (handover,) = run(asked(2.01, 7), answered(2.2, 7)).document["handovers"]
    phases = handover["phases"]
    assert (phases["query_sent"], phases["query_answered"]) == (2.01, 2.202)
    assert phases["binding_sent"] is phases["binding_acknowledged"] is None


def test_an_answer_that_names_the_old_gateway_does_not_end_the_phase():
    (handover,) = run(asked(2.01, 7), answered(2.05, 7, place=MAG1)).document["handovers"]
    assert handover["phases"]["query_sent"] == 2.01
    assert handover["phases"]["query_answered"] is None


def test_the_delay_of_a_flows_first_packet_stands_alone():
    packets = [travel(UDP, 0, 3.0, PATH2, hop=0.02)]
    packets += [travel(UDP, n, 3 + n / 10, PATH2, hop=0.001) for n in range(1, 9)]
    (flow,) = run(*packets).document["flows"]
    assert flow["first_delay"] == flow["delay"]["max"] == 0.08
    assert flow["directions"]["down"]["first_delay"] == 0.08
    assert flow["directions"]["up"]["first_delay"] is None


def test_a_first_packet_that_was_lost_has_no_delay():
    lost, came = travel(UDP, 0, 3.0, links=2), travel(UDP, 1, 3.1)
    (flow,) = run(lost, came).document["flows"]
    assert flow["first_delay"] is None
    assert flow["received"] == 1


def test_queries_have_a_table_on_the_terminal_and_on_the_page():
    result = run(asked(2.01, 7), answered(2.2, 7))
    assert row(shown(print_result, result), "mag1   mn1") == [
        *("mag1", "mn1", "mag2", "mag2", "2.010", "1", "192.0")
    ]
    assert "<h2>Queries</h2>" in report(result)
    assert "<h2>Queries</h2>" not in report(run())


def test_the_ladder_has_an_arrow_to_each_member_of_a_group():
    fork = carried(1.0, question(7), MAG1, GROUP, "mag1-eth0", "core-eth1")
    branches = [
        carried(1.001, question(7), MAG1, GROUP, "core-eth2", "mag2-eth0"),
        carried(1.001, question(7), MAG1, GROUP, "core-eth0", "lma-eth1"),
    ]
    signals = run(fork, *branches, answered(1.01, 7)).signals
    drawn = [(rung.name, rung.sender, rung.receiver) for rung in messages(signals, {})]
    assert drawn == [
        ("ProxyBindingQuery", "mag1", "mag2"),
        ("ProxyBindingQuery", "mag1", "lma"),
        ("ProxyQueryAcknowledgement", "mag2", "mag1"),
    ]


def test_a_message_that_nobody_got_is_drawn_as_lost():
    signals = run(carried(1.0, question(7), MAG1, CN, "mag1-eth0")).signals
    assert [rung.receiver for rung in messages(signals, {})] == [""]
