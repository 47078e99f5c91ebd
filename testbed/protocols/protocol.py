"""What a protocol brings to the testbed: the roles of places, its options, its agents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from testbed.topology.document import Location
from testbed.topology.network import Agent, MulticastRoute, Network
from testbed.topology.traits import Traits


class Options(BaseModel):
    """The keys that a topology may give under ``protocols: <name>:``."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def no_multicast(network: Network, options: Options) -> Mapping[str, tuple[MulticastRoute, ...]]:
    """Return the multicast routes of a protocol that sends to no group beyond a link."""
    return {}


def unchanged(network: Network, options: Options) -> Network:
    """Return the network of a protocol that has nothing to add to it."""
    return network


class Refused(Exception):
    """A network that the protocol cannot run on: what is wrong, and where in the file."""

    def __init__(self, location: Location, message: str) -> None:
        self.location = location
        self.message = message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Protocol:
    """A mobility protocol as the testbed knows it.

    ``agents`` builds the configuration of every node with a role, ``multicast`` the routes of
    every router that forwards to a group of the protocol; their keys are node names. ``adjust``
    comes before both and completes the network with what only the protocol knows of: further
    addresses, their routes, names. All three raise ``Refused``.
    """

    title: str
    traits: Traits
    options: type[Options]
    agents: Callable[[Network, Options], Mapping[str, Agent]]
    multicast: Callable[[Network, Options], Mapping[str, tuple[MulticastRoute, ...]]] = no_multicast
    adjust: Callable[[Network, Options], Network] = unchanged

    @property
    def name(self) -> str:
        """The name under which topologies ask for it."""
        return self.traits.protocol

    @property
    def roles(self) -> list[str]:
        """The roles it knows, each once."""
        return list(dict.fromkeys(self.traits.roles.values()))
