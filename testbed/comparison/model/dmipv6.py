"""DMIPv6 (draft-liu-dmm-flows-distribution-and-handoff-01): flows with anchors of their own."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from testbed.comparison.model.mipv6 import handover
from testbed.comparison.model.mipv6 import route as by_anchor
from testbed.comparison.model.places import Map, Place
from testbed.comparison.model.routes import Route
from testbed.comparison.model.scene import Call, Scene
from testbed.comparison.model.ways import Handover, Model, Trip
from testbed.topology.network import Flow, Network


def begin(network: Network, map_: Map) -> Handover:
    """Return what plays the handovers of ``network``, one after the other."""

    def anchor_of(scene: Scene, call: Call) -> Place:
        return proxy_of(network, map_, call.flow, scene.move.node) or scene.anchor

    return lambda scene, procedure: handover(scene, procedure, anchor_of)


def proxy_of(network: Network, map_: Map, flow: Flow, mobile: str) -> Place | None:
    """Return the home proxy near the other end of a flow that ``mobile`` begins, if any."""
    peer = flow.peer_of(mobile)
    if flow.initiator != mobile or network.nodes[peer].mobile:
        return None
    proxies = [Place(each.node) for each in network.agents.values() if each.role == "dhp"]
    address = flow.address_of(peer)
    near = [each for each in proxies if _is_in_domain_of(network, each, mobile, address)]
    return min(near, key=lambda proxy: map_.delay(proxy, Place(peer), 0), default=None)


def _is_in_domain_of(network: Network, proxy: Place, mobile: str, address: str) -> bool:
    """Say whether ``mobile`` knows the domain of ``address``, and ``proxy`` is in it."""
    domains = network.agents[mobile].config.get("domains", [])
    known = [ip_network(each["prefix"]) for each in domains]
    ends = ip_address(address), ip_address(network.nodes[proxy.node].address)
    return any(all(end in prefix for end in ends) for prefix in known)


def route(trip: Trip) -> Route:
    """Return the route of data between two places."""
    proxy = proxy_of(trip.network, trip.map, trip.flow, trip.flow.initiator)
    return by_anchor(trip, proxy or trip.anchor)


MODEL = Model(begin, route)
