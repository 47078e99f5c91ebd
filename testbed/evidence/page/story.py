"""What a run came to, in sentences: for who looks at its page first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from testbed.evidence.drawing.bars import WORDS
from testbed.evidence.signalling import ERRORS
from testbed.topology.network import Network

_Row = Mapping[str, Any]
_WAYS = {"down": "towards the mobile", "up": "from the mobile"}


def story(document: Mapping[str, Any], network: Network) -> list[str]:
    """Return the sentences, those first that most people ask for."""
    return [
        *_handovers(document["handovers"]),
        *([] if document["handovers"] else _attachments(document["attachments"])),
        *_silences(document["handovers"]),
        *_flow_moves(document["flow_moves"]),
        *_losses(document["flows"]),
        *_ways(document["flows"]),
        *_signalling(document),
        *_burden(document["nodes"], network),
    ]


def _handovers(handovers: Sequence[_Row]) -> Iterator[str]:
    found = [each["latency"] for each in handovers if each["latency"] is not None]
    if found:
        yield (
            f"{_made(handovers, 'handover')}. From the new link's coming up to the first packet of"
            f" a flow it took {_range(found)}{_longest(handovers)}."
        )


def _attachments(attachments: Sequence[_Row]) -> Iterator[str]:
    """Say how soon there was a route: packets may have been waited for."""
    phases = [each["phases"] for each in attachments]
    found = [
        each["route_installed"] - each["link_up"]
        for each in phases
        if each["route_installed"] is not None and each["link_up"] is not None
    ]
    if found:
        yield (
            f"{_made(attachments, 'attachment')}. From the link's coming up to the route it took"
            f" {_range(found)}."
        )


def _made(moved: Sequence[_Row], what: str) -> str:
    times = f"{len(moved)} {what}s" if len(moved) > 1 else f"one {what}"
    return f"{_mobiles(moved)} made {times}"


def _range(found: Sequence[float]) -> str:
    took = f"{_ms(median(found))} ms"
    if len(found) > 1:
        took += f" in the median ({_ms(min(found))} to {_ms(max(found))})"
    return took


def _mobiles(moved: Sequence[_Row]) -> str:
    names = sorted({each["node"] for each in moved})
    return names[0] if len(names) == 1 else f"{len(names)} mobiles"


def _longest(moved: Sequence[_Row]) -> str:
    """Say which phase took longest once the link was there."""
    total: Counter[str] = Counter()
    for each in moved:
        for phase, took in each["durations"].items():
            if took is not None and phase in WORDS and phase != "link_up":
                total[phase] += took
    if not total or not total.total():
        return ""
    phase, took = total.most_common(1)[0]
    return f", {took / total.total():.0%} of it in the phase “{WORDS[phase]}”"


def _silences(handovers: Sequence[_Row]) -> Iterator[str]:
    found = [
        (silent, flow, way, each)
        for each in handovers
        for flow, ways in each["interruption"].items()
        for way, silent in ways.items()
        if silent is not None
    ]
    if not found:
        return
    silent, flow, way, each = max(found, key=lambda entry: entry[0])
    yield (
        f"The longest silence for a handover was {_ms(silent)} ms: flow {flow}, {_WAYS[way]}, when"
        f" {each['node']} moved from {each['from']} to {each['to']} at {each['at']:.1f} s."
    )


def _flow_moves(moves: Sequence[_Row]) -> Iterator[str]:
    """Say how often flows changed the interface, why, and how soon."""
    if not moves:
        return
    why = Counter(move["cause"] or "a cause that nobody tells" for move in moves)
    times = "once" if len(moves) == 1 else f"{len(moves)} times"
    said = f"Flows went to another interface {times}: " + ", ".join(
        f"{count} for {cause}" for cause, count in why.most_common()
    )
    took = [move["duration"] for move in moves if move["duration"] is not None]
    if took:
        said += f". From the request to the first packet there it took {_ms(median(took))} ms"
        ratios = [move["ratio"] for move in moves if move["ratio"] is not None]
        said += " in the median" * (len(took) > 1)
        said += f", {median(ratios):.1f} times what the links take" if ratios else ""
    lost, on_link = (sum(move[key] for move in moves) for key in ("lost", "lost_on_old_link"))
    more = f", {on_link} more on the old link as it went or was full" if on_link else ""
    yield f"{said}; {lost} packets were lost by it{more}."


def _losses(flows: Sequence[_Row]) -> Iterator[str]:
    sent, lost = (sum(flow[key] for flow in flows) for key in ("sent", "lost"))
    if not sent:
        return
    worst = max(flows, key=lambda flow: flow["lost"])
    most = f", most of them of {worst['name']} ({worst['lost']})" if worst["lost"] < lost else ""
    most = most or (f", all of {worst['name']}" if lost and len(flows) > 1 else "")
    others = [
        f"{count} {what}"
        for what in ("duplicated", "reordered")
        if (count := sum(flow[what] for flow in flows))
    ]
    more = f"; {' and '.join(others)}" if others else ""
    yield f"{lost} of {sent} packets were lost{most}{more}."


def _ways(flows: Sequence[_Row]) -> Iterator[str]:
    far = [flow for flow in flows if flow["stretch"] is not None]
    if not far:
        return
    most = max(far, key=lambda flow: flow["stretch"])
    if most["stretch"] < 1.05:
        way = "Packets took the shortest path"
    else:
        way = f"Packets of {most['name']} crossed {most['stretch']:.1f} times the least links"
        if most["stretch_delay"]:
            way += f" and took {most['stretch_delay']:.1f} times the least delay"
    largest = max((flow["overhead"] or 0.0) for flow in flows)
    added = f"up to {largest:.0%} of a flow's octets" if largest else "nothing"
    yield f"{way}; tunnels and headers that tell home addresses added {added}."


def _signalling(document: Mapping[str, Any]) -> Iterator[str]:
    rows, handovers = document["signalling"], document["handovers"]
    if not rows:
        return
    count, octets = (sum(row[key] for row in rows) for key in ("count", "bytes"))
    said = f"{count} signalling messages were sent, {octets} octets"
    if handovers:
        each = [sum(row["count"] for row in handover["signalling"]) for handover in handovers]
        said += f"; {sum(each) / len(each):.1f} messages for a handover"
    own = [row for row in rows if row["message"] not in ERRORS] or rows
    most = max(own, key=lambda row: row["byte_hops"])
    yield f"{said}. The costliest to the links was {most['message']} ({most['count']})."


def _burden(nodes: Sequence[_Row], network: Network) -> Iterator[str]:
    """Say what each mobile's anchor had to carry, and which router had most."""
    carried = {each["node"]: each for each in nodes if network.nodes[each["node"]].forwarding}
    if not carried or not any(each["data_packets"] for each in carried.values()):
        return
    anchors = sorted({node.mobile.anchor or "" for node in network.nodes.values() if node.mobile})
    shares = [f"{name} {_share(carried[name])}" for name in anchors if name in carried]
    busiest = max(carried.values(), key=lambda each: each["data_packets"])
    anchored = f"; the anchor{'s' * (len(shares) > 1)} {', '.join(shares)}" if shares else ""
    yield (
        f"The busiest router, {busiest['node']}, carried {_share(busiest)} of all packets of"
        f" flows{anchored}."
    )


def _share(load: _Row) -> str:
    """Return a node's share of the packets; those that pass it twice do not count twice here."""
    return f"{min(load['data_share'], 1.0):.0%}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"
