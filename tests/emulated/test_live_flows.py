"""Flows that take ways of their own through an anchor, by real packets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flow_lab import (
    GATEWAY_2,
    SIP,
    TIP,
    down,
    ends,
    listener,
    prepare,
    release,
    start,
    steer,
    stop,
    tunnel,
    up,
    ways,
)
from live_lab import CN, DATA_PATHS, LMA, MAG, PUPPET, Lab, lab_on, packets

pytestmark = [pytest.mark.root, pytest.mark.stock]


@pytest.fixture(scope="module", params=DATA_PATHS)
def network(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    with lab_on(request.param, tmp_path_factory.mktemp("lab"), PUPPET) as made:
        prepare(made)
        yield made


@pytest.fixture
def lab(network: Lab) -> Iterator[Lab]:
    start(network)
    yield network
    stop(network)


def test_a_steered_flow_goes_around_by_the_other_gateway(lab: Lab) -> None:
    mn, cn = listener(lab, "mn", SIP, 4000), listener(lab, "cn", CN, 5000)
    plain = listener(lab, "mn", SIP, 4001)
    tap = lab.tap("lma", "lma-core")
    cn.sendto(b"before", (SIP, 4000))
    assert mn.recv(99) == b"before"
    assert ways(packets(tap)) == [ends((LMA, MAG), (CN, SIP))]
    lab.perform("lma", tunnel(LMA, TIP, f"{SIP}/128"), steer(down(4000), LMA, TIP))
    cn.sendto(b"steered", (SIP, 4000))
    cn.sendto(b"plain", (SIP, 4001))
    assert mn.recv(99) == b"steered"
    assert plain.recv(99) == b"plain"
    assert ways(packets(tap)) == [
        ends((LMA, GATEWAY_2), (LMA, TIP), (CN, SIP)),
        ends((LMA, MAG), (CN, SIP)),
    ]
    lab.perform("lma", release(down(4000)))
    cn.sendto(b"after", (SIP, 4000))
    assert mn.recv(99) == b"after"
    assert ways(packets(tap)) == [ends((LMA, MAG), (CN, SIP))]


def test_the_uplink_comes_out_of_both_tunnels(lab: Lab) -> None:
    mn, cn = listener(lab, "mn", SIP, 4000), listener(lab, "cn", CN, 5000)
    mn.connect((CN, 5000))
    mn.send(b"before")
    assert cn.recv(99) == b"before"
    lab.perform("lma", tunnel(LMA, TIP, f"{SIP}/128"))
    lab.perform("mn", steer(up(4000), TIP, LMA))
    tap = lab.tap("lma", "lma-core")
    mn.send(b"steered")
    assert cn.recvfrom(99)[:1] == (b"steered",)
    assert ways(packets(tap)) == [ends((GATEWAY_2, LMA), (TIP, LMA), (SIP, CN))]
