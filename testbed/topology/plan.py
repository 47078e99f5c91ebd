"""The domains of a topology as address plans, and every node's own address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from ipaddress import AddressValueError, IPv6Address, IPv6Network, NetmaskValueError
from typing import TypeVar

from testbed.topology.document import Location
from testbed.topology.domains import Domain, Exhausted, HomePrefixes
from testbed.topology.model import TopologyModel
from testbed.topology.siting import Site
from testbed.topology.sources import Sources

Given = TypeVar("Given")


class Plan:
    """Hands out addresses; TopologyError where a domain has none left."""

    def __init__(self, model: TopologyModel, sources: Sources, sites: Mapping[str, Site]) -> None:
        self._sources = sources
        self.networks = _networks(model, sources)
        self.explicit = _explicit(sites, self.networks, sources)
        taken = set(self.explicit.values())
        self._domains = {
            name: Domain(name, network, {each for each in taken if each in network})
            for name, network in self.networks.items()
        }
        self._check_pools()
        self.pools = self._share_pools(sites.values())
        self.home_given = _home_given(sites.values(), self.pools, sources)
        taken_home = {prefix for each in self.home_given.values() for prefix in each}
        self._homes = {name: HomePrefixes(pool, taken_home) for name, pool in self.pools.items()}

    def loopback(self, site: Site) -> IPv6Address:
        """Return a router's address: the one it was given, else the next of its domain."""
        return self.explicit.get(site.name) or self._domains[site.domain].loopback()

    def subnet(self, domain: str) -> IPv6Network:
        """Return the next /64 of a domain."""
        return self._try(domain, self._domains[domain].subnet)

    def home_prefixes(self, site: Site, interface: str) -> tuple[IPv6Network, ...]:
        """Return the home prefixes of a mobile's interface: those given, else the next ones."""
        given = self.home_given.get((site.name, interface))
        if given or site.anchor is None:
            return given or ()
        source = self._homes[site.anchor]
        domain = next(n for n, d in self.networks.items() if self.pools[site.anchor].subnet_of(d))
        return tuple(self._try(domain, source.take) for _ in range(site.model.prefixes))

    def home_link(self, anchor: str) -> IPv6Network:
        """Return the prefix that the mobiles of an anchor share, where their protocol wants one."""
        return next(self.pools[anchor].subnets(new_prefix=64))

    def _share_pools(self, sites: Iterable[Site]) -> dict[str, IPv6Network]:
        anchors: dict[str, list[str]] = {}
        for site in sites:
            if site.place.leases:
                anchors.setdefault(site.domain, []).append(site.name)
        return {
            name: pool
            for domain, names in anchors.items()
            for name, pool in zip(names, self._pools_of(domain, len(names)), strict=True)
        }

    def _pools_of(self, domain: str, count: int) -> list[IPv6Network]:
        return self._try(domain, lambda: self._domains[domain].pools(count))

    def _check_pools(self) -> None:
        for name, address in self.explicit.items():
            if any(domain.is_pool(address) for domain in self._of(address)):
                raise self._sources.error(
                    ("nodes", name, "address"),
                    f"{address} lies in the upper half of its domain, where home prefixes are",
                )

    def _of(self, address: IPv6Address) -> list[Domain]:
        return [domain for domain in self._domains.values() if address in domain.network]

    def _try(self, domain: str, take: Callable[[], Given]) -> Given:
        try:
            return take()
        except Exhausted as error:
            length = self.networks[domain].prefixlen
            raise self._sources.error(
                ("domains", domain, "prefix"),
                f"prefix too small: a /{length} {error}; take a shorter one such as a /48",
            ) from error


def _networks(model: TopologyModel, sources: Sources) -> dict[str, IPv6Network]:
    networks: dict[str, IPv6Network] = {}
    for name, domain in model.domains.items():
        location = ("domains", name, "prefix")
        network = parse_prefix(domain.prefix, location, sources)
        for other, known in networks.items():
            if network.overlaps(known):
                raise sources.error(location, f"{network} overlaps {known} of the domain {other}")
        networks[name] = network
    return networks


def parse_prefix(text: str, location: Location, sources: Sources) -> IPv6Network:
    """Return the unicast prefix that ``text`` spells; TopologyError otherwise."""
    try:
        network = IPv6Network(text)
    except (AddressValueError, NetmaskValueError) as error:
        said = "is no IPv6 prefix: write it like 2001:db8:1::/48"
        raise sources.error(location, f"{text!r} {said}") from error
    except ValueError as error:
        right = IPv6Network(text, strict=False)
        said = f"{text} has bits set beyond its length: did you mean {right}?"
        raise sources.error(location, said) from error
    if network.prefixlen > 64:
        raise sources.error(location, f"prefix too small: {network} is longer than a /64")
    if network.is_multicast or network.is_link_local or network.is_loopback:
        raise sources.error(location, f"{network} is no prefix for unicast beyond a link")
    return network


def _explicit(
    sites: Mapping[str, Site], networks: Mapping[str, IPv6Network], sources: Sources
) -> dict[str, IPv6Address]:
    found: dict[str, IPv6Address] = {}
    owners: dict[IPv6Address, str] = {}
    links: dict[IPv6Network, str] = {}
    for site in sites.values():
        if site.model.address is None:
            continue
        location = ("nodes", site.name, "address")
        address = _parse_address(site.model.address, location, sources)
        if address not in networks[site.domain]:
            said = f"{address} is not in {networks[site.domain]}, the prefix of {site.domain}"
            raise sources.error(location, said)
        if address in owners:
            raise sources.error(location, f"{address} is the address of {owners[address]} already")
        found[site.name] = address
        owners[address] = site.name
        if not site.place.forwarding:
            _claim_network(address, site, networks[site.domain], links, sources)
    return found


def _claim_network(
    address: IPv6Address,
    site: Site,
    domain: IPv6Network,
    links: dict[IPv6Network, str],
    sources: Sources,
) -> None:
    """Note the /64 of a host's link; TopologyError where it is somebody else's."""
    link = IPv6Network((address, 64), strict=False)
    if address in IPv6Network((domain.network_address, 64)):
        links.setdefault(link, "the routers' own addresses")
    if links.setdefault(link, site.name) != site.name:
        said = f"{link} is for {links[link]}: a host's link needs a /64 of its own"
        raise sources.error(("nodes", site.name, "address"), said)


def _parse_address(text: str, location: Location, sources: Sources) -> IPv6Address:
    try:
        return IPv6Address(text)
    except ValueError as error:
        said = f"{text!r} is no IPv6 address: write it like 2001:db8:1::5"
        raise sources.error(location, said) from error


def _home_given(
    sites: Iterable[Site], pools: Mapping[str, IPv6Network], sources: Sources
) -> dict[tuple[str, str], tuple[IPv6Network, ...]]:
    found: dict[tuple[str, str], tuple[IPv6Network, ...]] = {}
    owners: dict[IPv6Network, str] = {}
    for site in sites:
        for interface, model in (site.model.interfaces or {}).items():
            for index, text in enumerate(model.prefixes or ()):
                location = ("nodes", site.name, "interfaces", interface, "prefixes", index)
                prefix = parse_prefix(text, location, sources)
                _check_home(prefix, site, pools, location, sources)
                if prefix in owners:
                    said = f"{prefix} is a home prefix of {owners[prefix]} already"
                    raise sources.error(location, said)
                owners[prefix] = site.name
                key = (site.name, interface)
                found[key] = (*found.get(key, ()), prefix)
    return found


def _check_home(
    prefix: IPv6Network,
    site: Site,
    pools: Mapping[str, IPv6Network],
    location: Location,
    sources: Sources,
) -> None:
    if prefix.prefixlen != 64:
        raise sources.error(location, f"{prefix} is no /64: hosts make addresses of a /64 only")
    if site.anchor and not prefix.subnet_of(pools[site.anchor]):
        said = f"{prefix} is not in {pools[site.anchor]}, the pool of {site.anchor}"
        raise sources.error(location, said)
