"""Expectations: a path, an operator, a bound in the units of the result."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.topology.expectations import parse


@pytest.mark.parametrize(
    ("text", "path", "operator", "bound"),
    [
        ("handovers[*].latency < 80ms", "handovers[*].latency", "<", 0.08),
        ("handovers[0].interruption.a.up<=1.5s", "handovers[0].interruption.a.up", "<=", 1.5),
        ("flows.ping.lost <= 10", "flows.ping.lost", "<=", 10),
        ("flows[voip-1].lost == 0", "flows[voip-1].lost", "==", 0),
        ("flows.ping.lost < -1", "flows.ping.lost", "<", -1),
        ("flows.a.ratio >= 99.5%", "flows.a.ratio", ">=", 0.995),
        ("flows.a.throughput > 5Mbit/s", "flows.a.throughput", ">", 5e6),
        ("handovers[*].phases.solicited == null", "handovers[*].phases.solicited", "==", None),
        ("flows.a.succeeded == true", "flows.a.succeeded", "==", True),
        ("handovers[*].to != wlan1", "handovers[*].to", "!=", "wlan1"),
        ("flows.a.via == care-of", "flows.a.via", "==", "care-of"),
        ("flows.a.proxy == 2001:DB8:0::1", "flows.a.proxy", "==", "2001:db8::1"),
        ("handovers[*].to != 'wlan 1'", "handovers[*].to", "!=", "wlan 1"),
    ],
)  # fmt: skip
def test_an_expectation_is_read(text: str, path: str, operator: str, bound: Any) -> None:
    found = parse(text)
    assert found == (path, operator, bound)
    assert type(found[2]) is type(bound)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "flows",
        "flows <",
        "< 3",
        "a.b = 3",
        "a..b < 3",
        "a[b < 3",
        "a.b < 3 x",
        "a[-1] < 3",
        "a < ",
        "a == 10.0.0.1",
        "a == 2001:db8::/32",
    ],
)
def test_what_is_no_expectation_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="bad expectation"):
        parse(text)
