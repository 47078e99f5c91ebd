"""The programs of a flow mark its packets with the traffic class that it is given."""

from __future__ import annotations

import json
import socket
from dataclasses import replace

import pytest

from testbed.emulated.traffic.datagrams import End
from testbed.emulated.traffic.opening import Opened
from testbed.emulated.traffic.programs import Program, programs
from testbed.topology.network import Flow

CLASS = 0xB8
PORT = 5001
LOCAL = "::1"


def of(kind: str, traffic_class: int = CLASS) -> tuple[Program, ...]:
    flow = Flow("f", kind, "cn", "mn1", LOCAL, LOCAL, "down", PORT, interval=0.01, size=64)
    return programs(Opened(replace(flow, initiator="cn", traffic_class=traffic_class)))


@pytest.mark.parametrize(("kind", "option"), [("ping", "-Q"), ("tcp", "-S")])
def test_a_program_is_told_the_class(kind: str, option: str) -> None:
    leading = of(kind)[-1].arguments
    assert leading[leading.index(option) + 1] == str(CLASS)
    assert option not in of(kind, 0)[-1].arguments


@pytest.mark.parametrize("traffic_class", [0, CLASS])
def test_datagrams_bear_it(traffic_class: int) -> None:
    plan = json.loads(of("udp", traffic_class)[-1].arguments[-1])
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as free:
        free.bind((LOCAL, 0))
        plan["port"] = free.getsockname()[1]
    end = End(plan)
    assert end._socket.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS) == traffic_class
    end._socket.close()
