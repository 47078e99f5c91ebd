"""Links and access links, and the interfaces that they give to nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Network

from testbed.topology.interfaces import LONGEST, link_local, mac
from testbed.topology.model import InterfaceModel, LinkKeys, LinkModel, TopologyModel
from testbed.topology.network import Access, Interface, Link, LinkSettings
from testbed.topology.plan import Plan
from testbed.topology.siting import Site
from testbed.topology.sources import Sources
from testbed.topology.traits import Traits

ANY = "any"  # the technology of a mobile's interface that fits every access link


@dataclass(slots=True)
class Wiring:
    """All interfaces by node, links, access links, and the networks that routers own on them."""

    interfaces: dict[str, list[Interface]]
    links: dict[str, Link] = field(default_factory=dict)
    accesses: dict[str, Access] = field(default_factory=dict)
    subnets: dict[str, list[IPv6Network]] = field(default_factory=dict)
    gateways: dict[str, Interface] = field(default_factory=dict)  # host -> its router's interface

    def own(self, router: str, subnet: IPv6Network) -> None:
        """Note that ``subnet`` is on a link of ``router``."""
        self.subnets.setdefault(router, []).append(subnet)


def wire(
    model: TopologyModel, sources: Sources, sites: Mapping[str, Site], plan: Plan, traits: Traits
) -> Wiring:
    """Connect the nodes; TopologyError for a link that cannot be."""
    wiring = Wiring({name: [] for name in sites})
    for index, link in enumerate(model.links):
        _add_link(index, link, sources, sites, plan, wiring)
    for name in model.access:
        _add_access(name, model, sources, sites, plan, traits, wiring)
    for site in sites.values():
        if site.place.moves:
            _add_mobile(site, model, sources, wiring)
    return wiring


def settings_of(keys: LinkKeys) -> LinkSettings:
    """Return the settings that a link's keys spell, defaults for those left out."""
    return LinkSettings(
        delay=keys.delay or 0.0,
        jitter=keys.jitter or 0.0,
        loss=keys.loss or 0.0,
        rate=keys.rate,
        mtu=keys.mtu or 1500,
    )


def _add_link(
    index: int,
    model: LinkModel,
    sources: Sources,
    sites: Mapping[str, Site],
    plan: Plan,
    wiring: Wiring,
) -> None:
    _check_ends(index, model, sources, sites, wiring)
    name = model.name or "-".join(model.ends)
    if name in wiring.links:
        said = f"duplicate name: there is a link {name} already, give this one a `name`"
        raise sources.error(("links", index), said)
    settings = settings_of(model)
    _check_jitter(("links", index, "jitter"), settings, sources)
    one, other = (sites[end] for end in model.ends)
    host = next((site for site in (one, other) if not site.place.forwarding), None)
    subnet = _subnet_for(host, plan) if host else None
    ends = [
        _interface(site, len(wiring.interfaces[site.name]), name, settings.mtu)
        for site in (one, other)
    ]
    if host and subnet:
        ends = _number(ends, host, subnet, plan, wiring)
    for end in ends:
        wiring.interfaces[end.node].append(end)
    wiring.links[name] = Link(name, (ends[0].name, ends[1].name), settings)


def _check_ends(
    index: int, model: LinkModel, sources: Sources, sites: Mapping[str, Site], wiring: Wiring
) -> None:
    for position, end in enumerate(model.ends):
        location = ("links", index, "ends", position)
        if end not in sites:
            raise sources.unknown(location, "node", end, sites)
        site = sites[end]
        if site.place.moves:
            said = f"{end} is a mobile: the timeline plugs it into access links (`attach`)"
            raise sources.error(location, said)
        if not site.place.forwarding and wiring.interfaces[end]:
            raise sources.error(location, f"{end} is a host and has a link already")
    if model.ends[0] == model.ends[1]:
        raise sources.error(("links", index, "ends"), f"both ends are {model.ends[0]}")
    if not any(sites[end].place.forwarding for end in model.ends):
        said = "connects two hosts: one end must be a router, anchor or access router"
        raise sources.error(("links", index, "ends"), said)


def _check_jitter(location: tuple[str | int, ...], settings: LinkSettings, source: Sources) -> None:
    if settings.jitter > settings.delay:
        said = f"impossible delay: jitter {settings.jitter:g}s is more than the delay of "
        raise source.error(location, f"{said}{settings.delay:g}s that it varies")


def _interface(site: Site, index: int, link: str, mtu: int, name: str = "") -> Interface:
    address = mac(site.index, index)
    name = f"{site.name}-{name or f'eth{index}'}"
    return Interface(name, site.name, link, address, link_local(address), mtu=mtu)


def _subnet_for(host: Site, plan: Plan) -> IPv6Network:
    given = plan.explicit.get(host.name)
    return IPv6Network((given, 64), strict=False) if given else plan.subnet(host.domain)


def _number(
    ends: list[Interface], host: Site, subnet: IPv6Network, plan: Plan, wiring: Wiring
) -> list[Interface]:
    """Give a host's link its addresses: the router ::1, the host ::2 unless it has its own."""
    own = plan.explicit.get(host.name) or subnet[2]
    router = subnet[2] if own == subnet[1] else subnet[1]
    numbered = []
    for end in ends:
        address = own if end.node == host.name else router
        numbered.append(_with_address(end, f"{address}/64"))
        if end.node != host.name:
            wiring.own(end.node, subnet)
            wiring.gateways[host.name] = numbered[-1]
    return numbered


def _with_address(end: Interface, address: str) -> Interface:
    return Interface(
        end.name, end.node, end.link, end.mac, end.link_local, (address,), end.technology, end.mtu
    )


def _add_access(
    name: str,
    model: TopologyModel,
    sources: Sources,
    sites: Mapping[str, Site],
    plan: Plan,
    traits: Traits,
    wiring: Wiring,
) -> None:
    access = model.access[name]
    router = _serving(name, access.router, sources, sites, traits)
    if name in wiring.links:
        raise sources.error(("access", name), f"duplicate name: there is a link {name} already")
    settings = settings_of(access)
    _check_jitter(("access", name, "jitter"), settings, sources)
    interface = _interface(router, len(wiring.interfaces[router.name]), name, settings.mtu)
    identity = traits.access_identity
    addresses: tuple[str, ...] = ()
    if traits.access_prefixes:
        subnet = plan.subnet(router.domain)
        wiring.own(router.name, subnet)
        addresses = (f"{subnet[1]}/64",)
    wiring.interfaces[router.name].append(
        Interface(
            interface.name,
            router.name,
            name,
            identity.mac if identity else interface.mac,
            identity.link_local if identity else interface.link_local,
            addresses,
            access.technology,
            settings.mtu,
        )
    )
    wiring.accesses[name] = Access(name, router.name, interface.name, access.technology, settings)


def _serving(
    name: str, router: str, sources: Sources, sites: Mapping[str, Site], traits: Traits
) -> Site:
    location = ("access", name, "router")
    if router not in sites:
        raise sources.unknown(location, "node", router, sites)
    site = sites[router]
    if not site.place.forwarding:
        raise sources.error(location, f"{router} is a {site.place.name}, which does not forward")
    if traits.serving and site.role != traits.serving:
        said = f"{traits.protocol} needs the role {traits.serving} here, and {router} has "
        raise sources.error(location, said + (site.role or "none"))
    return site


def _add_mobile(site: Site, model: TopologyModel, sources: Sources, wiring: Wiring) -> None:
    known = sorted({access.technology for access in model.access.values()})
    for index, (name, interface) in enumerate(mobile_interfaces(site).items()):
        technology = interface.technology or ANY
        location = ("nodes", site.name, "interfaces", name)
        if technology not in (*known, ANY):
            where = (*location, "technology")
            raise sources.unknown(where, "technology of access links", technology, known)
        made = _interface(site, index, "", 1500, name)
        if len(made.name) > LONGEST:
            said = f"the name is too long: {made.name} has more than {LONGEST} characters"
            raise sources.error(location, said)
        wiring.interfaces[site.name].append(
            Interface(made.name, site.name, "", made.mac, made.link_local, (), technology, 1500)
        )


def mobile_interfaces(site: Site) -> Mapping[str, InterfaceModel]:
    """Return the interfaces of a mobile by their names in the file: `eth0` unless it says."""
    return site.model.interfaces or {"eth0": InterfaceModel()}
