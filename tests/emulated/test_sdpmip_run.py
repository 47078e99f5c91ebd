"""A run of SD-PMIP on the kernel: figure 2 of the draft, message by message, read by tshark."""

from __future__ import annotations

import pytest
from signal_runs import DATA, GROUP, Played, play

pytestmark = pytest.mark.root

GATEWAYS = ("mag1", "mag2", "mag3", "mag4")
TO_GROUP = f"mipv6 && ipv6.dst == {GROUP}"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play(tmp_path_factory.mktemp("sdpmip"), "sdpmip", "wlan3", "wlan4")


def test_nobody_is_registered_anywhere(played: Played) -> None:
    assert not {said.kind for said in played.dialogue} & {"PBU", "PBA"}
    assert not [said for said in played.dialogue if "owner" in said.words]


def test_a_query_to_all_is_answered_by_the_gateway_of_the_mobile_alone(played: Played) -> None:
    assert [said.words for said in played.dialogue[:2]] == [
        ("PBQ", "mag1", "all"),  # step 3
        ("PQA", "mag3", "mag1"),  # step 4
    ]
    question, answer = (said.row for said in played.dialogue[:2])
    assert question["mip6.nemo.mnp.mnp"] == [played.mobile]
    assert answer["mip6.ba.seqnr"] == question["mip6.bu.seqnr"]
    assert answer["mip6.acoa.acoa"] == [played.address("mag3")]
    answers = [said for said in played.dialogue if said.kind == "PQA"]
    questions = [said for said in played.dialogue if said.kind == "PBQ"]
    assert len(answers) <= len(questions)


def test_a_query_travels_in_one_more_header_with_the_same_ends(played: Played) -> None:
    question = played.dialogue[0].row
    assert question["ipv6.src"] == [played.address("mag1")] * 2
    assert question["ipv6.dst"] == [GROUP] * 2
    assert question["ipv6.nxt"] == ["41", "135"]


def test_routers_copy_a_query_to_every_gateway_and_no_more(played: Played) -> None:
    sequence = f"{TO_GROUP} && mip6.bu.seqnr == {played.dialogue[0].row['mip6.bu.seqnr'][0]}"
    at = {}
    for node in (*GATEWAYS, "core1", "owner", "cn"):
        found = played.seen(node, "frame.interface_name", "ipv6.hlim", display_filter=sequence)
        at[node] = [row["frame.interface_name"][0].partition(":")[2] for row in found]
    assert [len(at[node]) for node in GATEWAYS] == [1, 1, 1, 1], "sent once, heard once by each"
    assert len(at["core1"]) == 3, "in by one interface, out by two"
    assert not at["owner"] and not at["cn"]


def test_data_goes_from_gateway_to_gateway(played: Played) -> None:
    found = played.seen("core2", "ipv6.src", "ipv6.dst", display_filter=f"{DATA} && ipv6.nxt == 41")
    assert len(found) > 200
    assert all(len(row["ipv6.dst"]) == 2 for row in found)
    sources = {row["ipv6.src"][0] for row in found}
    assert sources <= {played.address("mag1"), played.address("mag3")}
    assert not played.seen("owner", "frame.number", display_filter=DATA)


def test_the_first_packets_wait_for_the_answer_and_leave_in_order(played: Played) -> None:
    at_mobile = played.seen("mn1", "icmpv6.echo.sequence_number", display_filter="icmpv6.type==128")
    numbers = [int(row["icmpv6.echo.sequence_number"][0]) for row in at_mobile]
    assert numbers == list(range(1, len(numbers) + 1))
    flow = played.flow("first")
    assert (flow["lost"], flow["duplicated"], flow["reordered"]) == (0, 0, 0)


def test_the_result_says_who_asked_and_what_the_first_packet_waited_for(played: Played) -> None:
    first = played.result["queries"][0]
    assert (first["asker"], first["node"], first["tries"]) == ("mag1", "mn1", 1)
    assert first["answered_by"] == first["found_at"] == "mag3"
    flow = played.flow("first")
    assert max(first["delay"], flow["delay"]["median"]) < flow["first_delay"]
    assert flow["stretch"] == 1


def test_the_old_gateway_finds_the_new_one_passes_on_and_tells_who_still_sends(
    played: Played,
) -> None:
    words = [said.words for said in played.dialogue]
    asked = words.index(("PBQ", "mag3", "all"))
    answered = words.index(("PQA", "mag4", "mag3"))
    told = words.index(("UPN", "mag3", "mag1"))
    again = words.index(("PBQ", "mag1", "all"), told)
    assert asked < answered < told < again < words.index(("PQA", "mag4", "mag1"))
    assert words.index(("UPA", "mag1", "mag3")) > told
    passed = f"ipv6.src == {played.address('mag3')} && ipv6.dst == {played.mobile} && udp"
    assert played.seen("mag4", "udp.length", display_filter=passed)
    direct = f"ipv6.src == {played.address('mag1')} && ipv6.dst == {played.mobile} && udp"
    assert len(played.seen("mag4", "udp.length", display_filter=direct)) > 100
    assert played.flow("voip")["lost"] <= 25, "packets on the air in the gap, both ways"
    assert played.flow("voip")["duplicated"] == 0


def test_tshark_finds_nothing_wrong(played: Played) -> None:
    assert played.complaints() == []
