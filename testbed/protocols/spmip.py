"""Signal-driven PMIP, draft-jikim-dmm-pmip-00: S-PMIP with an LMA, SD-PMIP with none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv6Address
from typing import Annotated, Any, cast

from pydantic import AfterValidator, BeforeValidator, Field

from testbed.protocols import gateways
from testbed.protocols.options import GatewayOptions, RegistrationOptions
from testbed.protocols.protocol import Options, Protocol
from testbed.topology.multicast import multicast_routes
from testbed.topology.network import Agent, MulticastRoute, Network, Node
from testbed.topology.traits import EVERY_GATEWAY, Traits
from testbed.topology.units import Duration, Interval

Count = Annotated[int, Field(ge=1, le=1_000_000)]

# Scopes wider than a link that a domain's routers keep to themselves (RFC 4291 §2.7).
ADMIN_LOCAL, ORGANIZATION_LOCAL = 4, 8


def _group(text: str) -> str:
    try:
        address = IPv6Address(text)
    except ValueError:
        raise ValueError(f"{text!r} is no IPv6 address: write it like ff05::4d41:4701") from None
    scope = address.packed[1] & 0xF
    if not address.is_multicast or not ADMIN_LOCAL <= scope <= ORGANIZATION_LOCAL:
        raise ValueError(f"{text} is no group of a domain: take one of ff04:: to ff08::")
    return str(address)


def _number(mask: Any) -> Any:
    """Return the number that a mask such as 0x0008, which YAML 1.2 has as text, spells."""
    if not isinstance(mask, str):
        return mask
    try:
        return int(mask, 16)
    except ValueError:
        raise ValueError(f"{mask!r} is no mask: write it like 0x0008") from None


def _bit_beside(*taken: int) -> Callable[[int], int]:
    """Return a check that a mask is one bit, and none of those that tell its message already."""

    def check(mask: int) -> int:
        if mask & (mask - 1):
            raise ValueError(f"{mask:#x} has several bits: a flag is one")
        if mask in taken:
            raise ValueError(f"{mask:#x} is a flag that each of these messages has already")
        return mask

    return check


_Mask = BeforeValidator(_number, json_schema_input_type=int | str)


class QueryFlags(Options):
    """The bits of Q, which the draft's lost figures placed: in a query and in its answer."""

    # A and P of a Proxy Binding Update, P of its acknowledgement (RFC 5213 §8.1, §8.2).
    update: Annotated[
        int, Field(gt=0, le=0xFFFF), AfterValidator(_bit_beside(0x8000, 0x0200)), _Mask
    ] = 0x0008
    acknowledgement: Annotated[
        int, Field(gt=0, le=0xFF), AfterValidator(_bit_beside(0x20)), _Mask
    ] = 0x01


class QueryOptions(Options):
    """How a MAG finds out where a mobile is, and what it bears meanwhile.

    Packets are kept until the answer comes: ``buffer_per_address`` for each home address,
    ``buffer_total`` in all. A query is repeated after ``query_timeout``, then after twice as
    long, ``query_tries`` times in all; an address that was not found is not asked for again
    within ``negative_cache``. ``query_rate`` bounds the queries per second, ``query_burst``
    those at once, ``queries`` those that wait for an answer; ``routes`` and ``absences`` what is
    remembered of the answers, ``ask_memory`` how many askers are remembered.
    """

    buffer_per_address: Count = 64
    buffer_total: Count = 4096
    queries: Count = 1024
    routes: Count = 4096
    absences: Count = 4096
    negative_cache: Duration = 5.0
    query_timeout: Interval = 1.0
    query_tries: Annotated[int, Field(ge=1, le=16)] = 3
    query_rate: Count = 100
    query_burst: Count = 200
    query_flags: QueryFlags = QueryFlags()
    ask_memory: Count = 4096


class SpmipOptions(QueryOptions, RegistrationOptions):
    """The options of S-PMIP."""


class SdpmipOptions(QueryOptions, GatewayOptions):
    """The options of SD-PMIP; ``group`` is the multicast address of all MAGs."""

    group: Annotated[str, AfterValidator(_group)] = "ff05::4d41:4701"


# What an LMA needs of them: how long a MAG that asks it waits for an answer.
_ANSWERING = {"query_flags", "ask_memory", "query_timeout", "query_tries", "negative_cache"}


def _spmip_agents(network: Network, options: Options) -> dict[str, Agent]:
    """Return the agents of all MAGs and LMAs of ``network``."""
    chosen = cast(SpmipOptions, options)
    anchors, mags = (gateways.with_role(network, role) for role in ("lma", "mag"))
    mtu = gateways.tunnel_mtu(network, ((node, mags) for node in (*anchors, *mags)))
    pools = {node.pool: node.address for node in anchors if node.pool}
    lma = {
        node.name: {
            **gateways.anchor(node, network, chosen),
            **chosen.model_dump(include=_ANSWERING),
        }
        for node in anchors
    }
    mag = {
        node.name: {
            **gateways.access_side(node, network, chosen, mtu),
            **gateways.registering(network, chosen),
            **_querying(mags, chosen),
            "pools": pools,
        }
        for node in mags
    }
    return gateways.agents("spmip", lma=lma, mag=mag)


def _sdpmip_agents(network: Network, options: Options) -> dict[str, Agent]:
    """Return the agents of all MAGs of ``network``; there is nobody else."""
    chosen = cast(SdpmipOptions, options)
    mags = gateways.with_role(network, "mag")
    mtu = gateways.tunnel_mtu(network, ((node, mags) for node in mags))
    pools = [node.pool for node in network.nodes.values() if node.pool]
    mag = {
        node.name: {
            **gateways.access_side(node, network, chosen, mtu),
            **_querying(mags, chosen),
            "mobiles": [_profile(each) for each in network.nodes.values() if each.mobile],
            "pools": pools,
            "group": chosen.group,
        }
        for node in mags
    }
    return gateways.agents("sdpmip", mag=mag)


def _querying(mags: list[Node], options: QueryOptions) -> Mapping[str, Any]:
    return {
        "mags": gateways.addresses(mags),
        **options.model_dump(include=set(QueryOptions.model_fields)),
    }


def _profile(node: Node) -> Mapping[str, Any]:
    """Return what the policy store of SD-PMIP tells a MAG: the prefixes too, as no LMA has them.

    They come from the pool of the mobile's anchor, each for one interface of one mobile.
    """
    assert node.mobile is not None
    return {
        "identifier": node.mobile.identifier,
        "link_layer_addresses": gateways.link_layer_addresses(node),
        "prefixes": gateways.prefixes_by_mac(node),
    }


def _sdpmip_multicast(
    network: Network, options: Options
) -> Mapping[str, tuple[MulticastRoute, ...]]:
    """Return the routes of queries from every MAG to all others (jikim §3.3.1)."""
    group = cast(SdpmipOptions, options).group
    return multicast_routes(network, group, gateways.with_role(network, "mag"))


SPMIP = Protocol(
    title="Signal-driven PMIP (draft-jikim-dmm-pmip-00 §3.2)",
    traits=Traits(
        protocol="spmip",
        roles={"anchor": "lma", "access-router": "mag"},
        serving=("mag",),
        anchoring="lma",
        access_identity=EVERY_GATEWAY,
        commands=gateways.COMMANDS,
    ),
    options=SpmipOptions,
    agents=_spmip_agents,
    adjust=gateways.checked,
)

SDPMIP = Protocol(
    title="Signal-driven Distributed PMIP (draft-jikim-dmm-pmip-00 §3.3)",
    traits=Traits(
        protocol="sdpmip",
        roles={"access-router": "mag"},
        serving=("mag",),
        hosting="mag",
        access_identity=EVERY_GATEWAY,
        commands=gateways.COMMANDS,
    ),
    options=SdpmipOptions,
    agents=_sdpmip_agents,
    adjust=gateways.checked,
    multicast=_sdpmip_multicast,
)
