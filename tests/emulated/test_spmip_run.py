"""A run of S-PMIP on the kernel: figure 1 of the draft, message by message, read by tshark."""

from __future__ import annotations

from itertools import pairwise

import pytest
from signal_runs import DATA, Played, play

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play(tmp_path_factory.mktemp("spmip"), "spmip", "wlan2", "wlan3")


def test_a_registration_then_a_query_by_the_gateway_of_the_correspondent(played: Played) -> None:
    assert [said.words for said in played.dialogue[:4]] == [
        ("PBU", "mag2", "lma"),  # step 2
        ("PBA", "lma", "mag2"),  # step 3
        ("PBQ", "mag1", "lma"),  # step 5
        ("PQA", "lma", "mag1"),  # step 6
    ]


def test_a_query_names_the_home_address_and_nothing_that_would_register_it(played: Played) -> None:
    (first, *_) = played.said("PBQ", "mag1", "lma")
    assert first.row["mip6.nemo.mnp.mnp"] == [played.mobile]
    assert first.row["mip6.nemo.mnp.pfl"] == ["128"]
    assert first.row["mip6.bu.lifetime"] == ["0"]
    assert not first.row["mip6.mnid.identifier"]


def test_the_answer_names_the_gateway_of_the_mobile(played: Played) -> None:
    question, answer = played.said("PBQ", "mag1", "lma")[0], played.said("PQA", "lma", "mag1")[0]
    assert answer.row["mip6.ba.seqnr"] == question.row["mip6.bu.seqnr"]
    assert answer.row["mip6.ba.status"] == ["0"]
    assert answer.row["mip6.acoa.acoa"] == [played.address("mag2")]
    assert answer.row["mip6.nemo.mnp.mnp"] == [played.mobile]
    assert 0 < int(answer.row["mip6.ba.lifetime"][0]) * 4 <= 60


def test_data_goes_from_gateway_to_gateway_and_never_by_the_anchor(played: Played) -> None:
    assert not played.seen("lma", "frame.number", display_filter=DATA)
    found = played.seen("core1", "ipv6.src", "ipv6.dst", display_filter=f"{DATA} && ipv6.nxt == 41")
    assert len(found) > 200
    ends = {(row["ipv6.src"][0], row["ipv6.dst"][0]) for row in found}
    assert ends == {(played.address("mag1"), played.address(mag)) for mag in ("mag2", "mag3")}
    assert {tuple(row["ipv6.dst"][1:]) for row in found} == {(played.mobile,)}


def test_a_mobile_answers_without_a_tunnel(played: Played) -> None:
    found = played.seen("core1", "ipv6.src", display_filter="icmpv6.type == 129")
    assert found and {tuple(row["ipv6.src"]) for row in found} == {(played.mobile,)}


def test_the_first_packets_wait_for_the_answer_and_leave_in_order(played: Played) -> None:
    at_mobile = played.seen("mn1", "icmpv6.echo.sequence_number", display_filter="icmpv6.type==128")
    numbers = [int(row["icmpv6.echo.sequence_number"][0]) for row in at_mobile]
    assert numbers == list(range(1, len(numbers) + 1))
    flow = played.flow("first")
    assert (flow["lost"], flow["duplicated"], flow["reordered"]) == (0, 0, 0)


def test_the_result_says_who_asked_and_what_the_first_packet_waited_for(played: Played) -> None:
    first = played.result["queries"][0]
    assert (first["asker"], first["node"], first["tries"]) == ("mag1", "mn1", 1)
    assert (first["answered_by"], first["found_at"]) == ("lma", "mag2")
    tries = sum(query["tries"] for query in played.result["queries"])
    assert tries == len([said for said in played.dialogue if said.kind == "PBQ"])
    flow = played.flow("first")
    assert max(first["delay"], flow["delay"]["median"]) < flow["first_delay"]
    assert flow["stretch"] == 1


def test_the_anchor_tells_who_has_asked_of_a_move_and_is_asked_again(played: Played) -> None:
    words = [said.words for said in played.dialogue]
    (told,) = [at for at, each in enumerate(words) if each == ("UPN", "lma", "mag1")]
    assert ("PBU", "mag2", "lma") in words[4:told], "the old gateway has deregistered"
    assert words.index(("UPA", "mag1", "lma")) > told
    assert words.index(("PBQ", "mag1", "lma"), 4) > told
    assert played.said("PQA", "lma", "mag1")[-1].row["mip6.acoa.acoa"] == [played.address("mag3")]


def test_what_still_comes_to_the_old_gateway_is_passed_on(played: Played) -> None:
    old, new = played.address("mag2"), played.address("mag3")
    passed = played.seen("mag3", "udp.length", display_filter=f"ipv6.src == {old} && udp")
    assert passed
    direct = f"ipv6.src == {played.address('mag1')} && ipv6.dst == {new} && udp"
    assert len(played.seen("mag3", "udp.length", display_filter=direct)) > 100
    assert played.flow("voip")["lost"] <= 25, "packets on the air in the gap, both ways"
    assert played.flow("voip")["duplicated"] == 0


def test_tshark_finds_nothing_wrong(played: Played) -> None:
    assert played.complaints() == []
    sequences = [int(said.row["mip6.bu.seqnr"][0]) for said in played.said("PBQ", "mag1", "lma")]
    assert all(before != after for before, after in pairwise(sequences))
