"""Each protocol in one sentence, for who has never seen its document."""

from __future__ import annotations

from typing import NamedTuple


class Sketch(NamedTuple):
    """What a protocol is called, where it is defined, and what it does when a mobile moves."""

    title: str
    source: str
    move: str


SKETCHES = {
    "pmipv6": Sketch(
        "Proxy Mobile IPv6",
        "RFC 5213",
        "The mobile does nothing. Its new gateway registers it with an anchor, and all its packets "
        "go through that anchor, before and after the move.",
    ),
    "spmip": Sketch(
        "S-PMIP",
        "draft-jikim-dmm-pmip",
        "As PMIPv6, but packets go straight from gateway to gateway. Gateways ask the anchor where "
        "a mobile is; after a move they are told, and ask again. The old gateway keeps what still "
        "comes and sends it on.",
    ),
    "sdpmip": Sketch(
        "SD-PMIP",
        "draft-jikim-dmm-pmip",
        "No anchor: the new gateway serves the mobile at once. Who must find it asks all gateways "
        "by multicast. The old gateway keeps what still comes and sends it on.",
    ),
    "mipv6": Sketch(
        "Mobile IPv6",
        "RFC 6275",
        "The mobile gets a new address and tells its home agent, through which packets go. Others "
        "that take part are told as well, after a test that the address is the mobile's own.",
    ),
    "dmipv6": Sketch(
        "DMIPv6",
        "draft-liu-dmm-flows-distribution-and-handoff",
        "As Mobile IPv6, but a flow that the mobile begins goes over a home proxy near its other "
        "end, which is told of the new address; other flows still go over the home agent.",
    ),
    "romip": Sketch(
        "ROMIP",
        "draft-ma-dmm-romip",
        "The new router asks a server where the mobile was, fetches its sessions from there, and "
        "tells the router of each correspondent, one step after the other.",
    ),
    "flowbinding": Sketch(
        "Flow binding",
        "draft-xia-netext-flow-binding",
        "As PMIPv6, for mobiles with several interfaces: flows are moved one by one between them. "
        "With one interface the mobile waits for an advertisement before it sends again.",
    ),
}


def sketch(protocol: str) -> Sketch:
    """Return what is known of ``protocol``; its bare name where it is new."""
    return SKETCHES.get(protocol, Sketch(protocol, "", ""))
