"""Signalling is what the procedures imply: no message more, none less, over no link more."""

from __future__ import annotations

from pathlib import Path

import pytest
from procedure_costs import PROTOCOLS, Distances, Domain, costs, implied

EXCHANGES = {
    "pmipv6": {"attach": "uU", "new flow": "", "move": "uuUU"},
    "spmip": {"attach": "uU", "new flow": "qQ", "move": "uuUUqqQQnN"},
    "sdpmip": {"attach": "", "new flow": "qQ", "move": "qqQQnN"},
}
LETTERS = {
    "u": "ProxyBindingUpdate",
    "U": "ProxyBindingAcknowledgement",
    "q": "ProxyBindingQuery",
    "Q": "ProxyQueryAcknowledgement",
    "n": "UpdateNotification",
    "N": "UpdateNotificationAcknowledgement",
}


@pytest.mark.parametrize("domain", [Domain(12), Domain(12, 4), Domain(20, 2)], ids=str)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_counts_are_those_that_the_procedures_imply(
    protocol: str, domain: Domain, tmp_path: Path
) -> None:
    network = domain.network(tmp_path, protocol)
    far = Distances.of(network)
    assert (far.anchor, far.gateway) == (2 + domain.distance, 4)
    assert far.tree == domain.gateways + domain.gateways // 4
    played = costs(network)
    assert {name: (cost.count, cost.crossings) for name, cost in played.items()} == implied(
        protocol, far
    )
    for phase, cost in played.items():
        assert sorted(cost.messages.elements()) == sorted(
            LETTERS[letter] for letter in EXCHANGES[protocol][phase]
        )


@pytest.mark.parametrize("correspondents", [0, 2, 3])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_each_gateway_that_asks_costs_what_the_first_did(
    protocol: str, correspondents: int, tmp_path: Path
) -> None:
    network = Domain(20, 2, correspondents).network(tmp_path, protocol)
    played = costs(network)
    assert {name: (cost.count, cost.crossings) for name, cost in played.items()} == implied(
        protocol, Distances.of(network), correspondents
    )
