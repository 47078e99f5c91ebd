import pytest
from evidence_world import COMMAND, PING, build, expect

from testbed.evidence.checks import UnknownPath, check_document, checks, find

DOCUMENT = {
    "flows": [{"name": "ping", "lost": 2, "delay": {"p95": None}}, {"name": "web", "lost": 0}],
    "handovers": [
        {"node": "mn1", "latency": 0.02, "interruption": {"ping": {"down": 0.1}}},
        {"node": "mn1", "latency": 0.04, "interruption": {"ping": {"down": 0.2}}},
        {"node": "mn2", "latency": 0.01, "interruption": {}},
    ],
    "signalling": [{"message": "ProxyBindingUpdate", "count": 4}],
    "checks": [],
}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("flows.ping.lost", [2]),
        ("flows[ping].lost", [2]),
        ("flows[1].lost", [0]),
        ("flows[-1].name", ["web"]),
        ("flows[*].lost", [2, 0]),
        ("handovers.mn1.latency", [0.02, 0.04]),
        ("handovers[0].interruption.ping.down", [0.1]),
        ("signalling.ProxyBindingUpdate.count", [4]),
        ("handovers.length", [3]),
        ("checks.length", [0]),
        ("flows.ping.delay.p95", [None]),
    ],
)
def test_a_path_finds_its_values(path, values):
    assert find(DOCUMENT, path) == values


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("flow.ping", "the result has no flow; it has flows, handovers, signalling, checks"),
        ("flows.voice.lost", "flows has no voice; it has ping, web"),
        ("handovers[7].latency", "handovers has no [7]; it has mn1, mn2"),
        ("flows.ping.lost.more", "flows.ping.lost has no more"),
        ("checks[*].holds", "checks has no [*]; it is empty"),
    ],
)
def test_a_path_to_nowhere_says_where_it_ends(path, told):
    with pytest.raises(UnknownPath) as raised:
        find(DOCUMENT, path)
    assert str(raised.value).startswith(told)


@pytest.mark.parametrize(
    ("path", "symbol", "bound", "holds"),
    [
        ("flows.ping.lost", "==", 2, True),
        ("flows.ping.lost", "!=", 2, False),
        ("handovers[*].latency", "<", 0.05, True),
        ("handovers[*].latency", "<=", 0.02, False),
        ("handovers.mn1.latency", ">", 0.01, True),
        ("flows.ping.delay.p95", "<", 1.0, False),
        ("flows.ping.delay.p95", "!=", 1.0, False),
        ("flows.ping.delay.p95", "==", None, True),
        ("flows.ping.name", ">=", 1, False),
        ("nothing", ">=", 1, False),
    ],
)
def test_an_expectation_holds_for_every_value_or_not_at_all(path, symbol, bound, holds):
    assert check_document(expect(path, symbol, bound), DOCUMENT)["holds"] is holds


def test_a_check_shows_the_value_or_why_there_is_none():
    assert check_document(expect("flows.ping.lost", "==", 0), DOCUMENT)["value"] == 2
    assert check_document(expect("flows[*].lost", "==", 0), DOCUMENT)["value"] == [2, 0]
    unknown = check_document(expect("flows.x.lost", "==", 0), DOCUMENT)
    assert unknown["value"] is None
    assert "ping, web" in unknown["reason"]


def _commanded(succeeded, *expectations):
    flows = [
        {"name": "ping", "kind": "ping", "succeeded": False},
        {"name": "odd", "kind": "command", "succeeded": succeeded, "lost": 0},
    ]
    return checks(build(PING, COMMAND, expectations=expectations), {"flows": flows})


@pytest.mark.parametrize("succeeded", [True, False])
def test_a_command_is_expected_to_succeed(succeeded):
    (check,) = _commanded(succeeded)
    assert check["expect"] == "flows.odd.succeeded == true"
    assert check["holds"] is succeeded


def test_nothing_is_expected_of_a_command_that_cannot_be_judged():
    assert _commanded(None) == []


@pytest.mark.parametrize("path", ["flows.odd.succeeded", "flows[odd].lost"])
def test_what_the_user_expects_of_a_command_is_all_that_is(path):
    (check,) = _commanded(False, expect(path, "==", False))
    assert check["expect"].startswith(path)
