"""Links and access links, and the interfaces that they give to nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Network

from testbed.topology.document import Location
from testbed.topology.interfaces import LONGEST, link_local, mac
from testbed.topology.model import InterfaceModel, LinkKeys, LinkModel, TopologyModel
from testbed.topology.network import Access, Interface, Link, LinkSettings
from testbed.topology.places import CORRESPONDENT
from testbed.topology.plan import Plan
from testbed.topology.siting import Site
from testbed.topology.sources import Sources
from testbed.topology.traits import Identity, Traits

STANDARD_MTU = 1500  # octets
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
    wirer = _Wirer(model, sources, sites, plan, traits)
    for index, link in enumerate(model.links):
        wirer.add_link(index, link)
    for name in model.access:
        wirer.add_access(name)
    for site in sites.values():
        if site.place.moves:
            wirer.add_mobile(site)
    return wirer.wiring


def mobile_interfaces(site: Site) -> Mapping[str, InterfaceModel]:
    """Return the interfaces of a mobile by their names in the file: `eth0` unless it says."""
    return site.model.interfaces or {"eth0": InterfaceModel()}


class _Wirer:
    """Adds links one by one."""

    def __init__(
        self,
        model: TopologyModel,
        sources: Sources,
        sites: Mapping[str, Site],
        plan: Plan,
        traits: Traits,
    ) -> None:
        self._model = model
        self._sources = sources
        self._sites = sites
        self._plan = plan
        self._traits = traits
        self._homes: set[str] = set()  # anchors whose home link is an access link
        self._identities: dict[str, Identity] = {}  # of routers, on all their access links
        self.wiring = Wiring({name: [] for name in sites})

    def add_link(self, index: int, model: LinkModel) -> None:
        """Connect two nodes; a host's link gets addresses."""
        self._check_ends(index, model)
        name = model.name or "-".join(model.ends)
        if name in self.wiring.links:
            said = f"duplicate name: there is a link {name} already, give this one a `name`"
            raise self._sources.error(("links", index), said)
        settings = self._settings(model, ("links", index, "jitter"))
        sites = [self._sites[end] for end in model.ends]
        ends = [self._interface(site, name, settings.mtu) for site in sites]
        host = next((site for site in sites if not site.place.forwarding), None)
        if host:
            self._check_hosting(index, host, *(s for s in sites if s is not host))
            ends = self._number(ends, host)
        for end in ends:
            self.wiring.interfaces[end.node].append(end)
        self.wiring.links[name] = Link(name, (ends[0].name, ends[1].name), settings)

    def add_access(self, name: str) -> None:
        """Give a router an interface that mobiles plug into."""
        access = self._model.access[name]
        router = self._serving(name, access.router)
        if name in self.wiring.links:
            said = f"duplicate name: there is a link {name} already"
            raise self._sources.error(("access", name), said)
        if len(name) > LONGEST:
            said = f"the name is too long for a bridge: take at most {LONGEST} characters"
            raise self._sources.error(("access", name), said)
        settings = self._settings(access, ("access", name, "jitter"))
        end = self._interface(router, name, settings.mtu)
        if identity := self._identity(end):
            end = replace(end, mac=identity.mac, link_local=identity.link_local)
        if subnet := self._access_subnet(router):
            end = replace(end, addresses=(f"{subnet[1]}/64",))
        self.wiring.interfaces[router.name].append(replace(end, technology=access.technology))
        self.wiring.accesses[name] = Access(
            name, router.name, end.name, access.technology, settings
        )

    def _identity(self, end: Interface) -> Identity | None:
        """Return by what a router is known on the access link at its interface ``end``."""
        if not self._traits.one_identity:
            return self._traits.access_identity
        return self._identities.setdefault(end.node, Identity(end.mac, end.link_local))

    def _access_subnet(self, router: Site) -> IPv6Network | None:
        """Return the prefix of the next access link of a router; the first of an anchor is home."""
        if self._traits.home_link and router.place.anchors and router.name not in self._homes:
            # Part of the anchor's pool, and routed with it.
            self._homes.add(router.name)
            return self._plan.home_link(router.name)
        if not self._traits.access_prefixes:
            return None
        subnet = self._plan.subnet(router.domain)
        self.wiring.own(router.name, subnet)
        return subnet

    def add_mobile(self, site: Site) -> None:
        """Give a mobile its interfaces; the timeline plugs them in."""
        known = sorted({access.technology for access in self._model.access.values()})
        for name, interface in mobile_interfaces(site).items():
            location = ("nodes", site.name, "interfaces", name)
            technology = interface.technology or ANY
            if technology not in (*known, ANY):
                where = (*location, "technology")
                raise self._sources.unknown(where, "technology of access links", technology, known)
            mtu = self._widest(technology)
            made = replace(self._interface(site, "", mtu, name), technology=technology)
            if len(made.name) > LONGEST:
                said = f"the name is too long: {made.name} has more than {LONGEST} characters"
                raise self._sources.error(location, said)
            self.wiring.interfaces[site.name].append(made)

    def _widest(self, technology: str) -> int:
        """Return the MTU of an interface: it takes what every access link takes that it fits."""
        fitting = [
            access.mtu or STANDARD_MTU
            for access in self._model.access.values()
            if technology in (access.technology, ANY)
        ]
        return max([STANDARD_MTU, *fitting])

    def _interface(self, site: Site, link: str, mtu: int, name: str = "") -> Interface:
        index = len(self.wiring.interfaces[site.name])
        address = mac(site.index, index)
        name = f"{site.name}-{name or f'eth{index}'}"
        return Interface(name, site.name, link, address, link_local(address), mtu=mtu)

    def _number(self, ends: list[Interface], host: Site) -> list[Interface]:
        """Give a host's link addresses: the router ::1, the host ::2 unless it has its own."""
        given = self._plan.explicit.get(host.name)
        subnet = IPv6Network((given, 64), strict=False) if given else self._plan.subnet(host.domain)
        own = given or subnet[2]
        router = subnet[2] if own == subnet[1] else subnet[1]
        numbered = []
        for end in ends:
            is_host = end.node == host.name
            numbered.append(replace(end, addresses=(f"{own if is_host else router}/64",)))
            if not is_host:
                self.wiring.own(end.node, subnet)
                self.wiring.gateways[host.name] = end
        return numbered

    def _settings(self, keys: LinkKeys, jitter: Location) -> LinkSettings:
        settings = LinkSettings(
            delay=keys.delay or 0.0,
            jitter=keys.jitter or 0.0,
            loss=keys.loss or 0.0,
            rate=keys.rate,
            mtu=keys.mtu or STANDARD_MTU,
        )
        if settings.jitter > settings.delay:
            said = f"impossible delay: jitter {settings.jitter:g}s is more than the delay of "
            raise self._sources.error(jitter, f"{said}{settings.delay:g}s that it varies")
        return settings

    def _check_ends(self, index: int, model: LinkModel) -> None:
        for position, end in enumerate(model.ends):
            if not self._sites[end].place.forwarding and self.wiring.interfaces[end]:
                where = ("links", index, "ends", position)
                raise self._sources.error(where, f"{end} is a host and has a link already")

    def _check_hosting(self, index: int, host: Site, router: Site) -> None:
        hosting = self._traits.hosting
        if hosting and host.place.name == CORRESPONDENT and router.role != hosting:
            has = f"{router.name} has {router.role or 'none'}"
            where = ("links", index, "ends", self._model.links[index].ends.index(host.name))
            raise self._sources.error(
                where,
                f"{self._traits.protocol} needs the role {hosting} next to {host.name}, and {has}:"
                " link it to an access router",
            )

    def _serving(self, name: str, router: str) -> Site:
        location = ("access", name, "router")
        if router not in self._sites:
            raise self._sources.unknown(location, "node", router, self._sites)
        site, serving = self._sites[router], self._traits.serving
        if not site.place.forwarding:
            said = f"{router} is a {site.place.name}, which does not forward"
            raise self._sources.error(location, said)
        if serving and site.role not in serving:
            needed = " or ".join(serving)
            said = f"{self._traits.protocol} needs the role {needed} here, and {router} has "
            raise self._sources.error(location, said + (site.role or "none"))
        return site
