"""Where each node stands: its place, its role under the protocol, its domain, its anchor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from testbed.topology.interfaces import LONGEST
from testbed.topology.model import NodeModel, TopologyModel
from testbed.topology.places import Place
from testbed.topology.sources import Sources
from testbed.topology.traits import Traits

_MOBILE_ONLY = ("anchor", "identifier", "prefixes", "interfaces")


@dataclass(frozen=True, slots=True)
class Site:
    """A node of the file with what its place, protocol and domain make of it."""

    name: str
    index: int
    model: NodeModel
    place: Place
    role: str | None
    domain: str
    anchor: str | None

    @property
    def identifier(self) -> str:
        """The network access identifier of a mobile (RFC 4283): ``<name>@<domain>`` by default."""
        return self.model.identifier or f"{self.name}@{self.domain}"


def site_nodes(model: TopologyModel, sources: Sources, traits: Traits) -> dict[str, Site]:
    """Site every node of ``model`` in order; TopologyError for the first that fits nowhere."""
    places = {name: _place(name, node, sources, traits) for name, node in model.nodes.items()}
    _check_ends(model, places, sources)
    sites: dict[str, Site] = {}
    for index, (name, node) in enumerate(model.nodes.items(), start=1):
        place = places[name]
        anchor = _anchor(name, node, places, sources) if place.moves else None
        role = _role(name, node, sources, traits)
        domain = _domain(name, model, places, anchor, sources)
        sites[name] = Site(name, index, node, place, role, domain, anchor)
        _check_name(name, sources)
        if model.protocol == traits.protocol and not traits.home_prefixes:
            _refuse_prefixes(name, node, sources, traits)
    _check_identifiers(sites.values(), sources)
    for site in sites.values():
        _check_anchoring(site, sites, sources, traits)
    return sites


def _check_ends(model: TopologyModel, places: Mapping[str, Place], sources: Sources) -> None:
    """Raise for a link that leads to no router, before its host seems to be in no domain."""
    for index, link in enumerate(model.links):
        where = ("links", index, "ends")
        for position, end in enumerate(link.ends):
            if end not in places:
                raise sources.unknown((*where, position), "node", end, places)
            if places[end].moves:
                said = f"{end} is a mobile: the timeline plugs it into access links (`attach`)"
                raise sources.error((*where, position), said)
        if link.ends[0] == link.ends[1]:
            raise sources.error(where, f"both ends are {link.ends[0]}")
        if not any(places[end].forwarding for end in link.ends):
            said = "connects two hosts: one end must be a router, anchor or access router"
            raise sources.error(where, said)


def _place(name: str, node: NodeModel, sources: Sources, traits: Traits) -> Place:
    if node.place not in traits.places:
        raise sources.unknown(("nodes", name, "place"), "place", node.place, traits.places)
    place = traits.places[node.place]
    for key in _MOBILE_ONLY if not place.moves else ():
        if key in node.model_fields_set:
            raise sources.error(("nodes", name, key), f"is for mobiles, and {name} is none")
    if place.moves and node.address:
        raise sources.error(
            ("nodes", name, "address"),
            "a mobile's addresses are made of its home prefixes: give its interface `prefixes`",
        )
    return place


def _role(name: str, node: NodeModel, sources: Sources, traits: Traits) -> str | None:
    location: tuple[str, ...] = ("nodes", name, "role")
    role = node.role
    if isinstance(role, Mapping):
        location = (*location, traits.protocol)
        role = role.get(traits.protocol)
    if role is None:
        return traits.roles.get(node.place)
    if role == "none":
        return None
    known = [*dict.fromkeys(traits.roles.values()), "none"]
    if role not in known:
        raise sources.unknown(location, f"role of {traits.protocol}", role, known)
    return role


def _domain(
    name: str,
    model: TopologyModel,
    places: Mapping[str, Place],
    anchor: str | None,
    sources: Sources,
) -> str:
    node = model.nodes[name]
    if node.domain is not None:
        if node.domain not in model.domains:
            where = ("nodes", name, "domain")
            raise sources.unknown(where, "domain", node.domain, model.domains)
        return node.domain
    if len(model.domains) == 1:
        return next(iter(model.domains))
    source = anchor or (None if places[name].forwarding else _router_of(name, model))
    found = model.nodes[source].domain if source else None
    if found is None or found not in model.domains:
        choices = ", ".join(model.domains)
        other = _unlinked(name, model, places)
        said = lacks_link(name, other) if other else f"needs a `domain`, one of: {choices}"
        raise sources.error(("nodes", name), said)
    return found


def _unlinked(name: str, model: TopologyModel, places: Mapping[str, Place]) -> str | None:
    """Return a router to link a node to that should have a link, and has none."""
    if places[name].moves or any(name in link.ends for link in model.links):
        return None
    return next((each for each, at in places.items() if at.forwarding and each != name), None)


def lacks_link(name: str, router: str) -> str:
    """Say that a node has no link, and how to give it one to ``router``."""
    return f"has no link: add one under `links`, such as `- {{ends: [{name}, {router}]}}`"


def _router_of(name: str, model: TopologyModel) -> str | None:
    """Return the router at the other end of a host's link."""
    for link in model.links:
        if name in link.ends:
            return link.ends[1 - link.ends.index(name)]
    return None


def _anchor(name: str, node: NodeModel, places: Mapping[str, Place], sources: Sources) -> str:
    anchors = [each for each, place in places.items() if place.anchors]
    if node.anchor is not None:
        if node.anchor in places and node.anchor not in anchors:
            said = f"{node.anchor} is no anchor: that is a node with `place: anchor`"
            raise sources.error(("nodes", name, "anchor"), said)
        if node.anchor not in anchors:
            raise sources.unknown(("nodes", name, "anchor"), "anchor", node.anchor, anchors)
        return node.anchor
    if len(anchors) == 1:
        return anchors[0]
    if anchors:
        said = f"needs an `anchor`, one of: {', '.join(anchors)}"
    else:
        said = "has no anchor: add a node with `place: anchor` that owns its home prefixes"
    raise sources.error(("nodes", name), said)


def _check_name(name: str, sources: Sources) -> None:
    longest = LONGEST - len("-eth10")
    if len(name) > longest:
        said = f"the name is too long: its interfaces would pass {LONGEST} characters, "
        raise sources.error(("nodes", name), said + f"take at most {longest}")


def _refuse_prefixes(name: str, node: NodeModel, sources: Sources, traits: Traits) -> None:
    """Raise for home prefixes where they would mean nothing to the file's own protocol."""
    asked: list[tuple[str, ...]] = [("prefixes",)] if "prefixes" in node.model_fields_set else []
    for interface, model in (node.interfaces or {}).items():
        if model.prefixes:
            asked.append(("interfaces", interface, "prefixes"))
    for location in asked:
        said = f"a mobile has no home prefix of its own under {traits.protocol}: leave this out"
        raise sources.error(("nodes", name, *location), said)


def _check_identifiers(sites: Iterable[Site], sources: Sources) -> None:
    owners: dict[str, str] = {}
    for site in sites:
        if site.place.moves and owners.setdefault(site.identifier, site.name) != site.name:
            said = f"duplicate name: {site.identifier!r} is {owners[site.identifier]} already"
            raise sources.error(("nodes", site.name, "identifier"), said)


def _check_anchoring(
    site: Site, sites: Mapping[str, Site], sources: Sources, traits: Traits
) -> None:
    if site.anchor and traits.anchoring and sites[site.anchor].role != traits.anchoring:
        raise sources.error(
            ("nodes", site.name, "anchor"),
            f"{traits.protocol} needs an anchor with the role {traits.anchoring},"
            f" and {site.anchor} has {sites[site.anchor].role or 'none'}",
        )
