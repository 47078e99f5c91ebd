"""Domains of home proxies and a management server, and mobile nodes that are only addresses.

Every message crosses the codec and a link with delay; virtual time jumps from event to event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

from fake_kernels import DataKernel
from pmipv6_world import DELAY, START, Sent
from virtual_time import VirtualTime

from agents.core import actions as do
from agents.core.core import Core
from agents.core.events import Command, MessageReceived, Started
from agents.core.security import SecurityAssociation
from agents.mipv6.authentication import Authenticator, timestamp_at
from agents.roles import ROLES
from agents.wire import icmpv6, mobility
from agents.wire.address import Address, Prefix
from agents.wire.dmipv6_messages import DhoaRequest
from agents.wire.messages import BindingAcknowledgement, BindingUpdate, MobilityMessage
from agents.wire.options import AlternateCareOfAddress
from agents.wire.private_options import BusinessFlowAttribute

GROUP = Address.parse("ff0e::d401")
ANYCAST = Address.parse("2001:db8:a::aaaa")
DHPS = tuple(Address.parse(f"2001:db8:a::{n}") for n in (1, 2))
POOLS = tuple(Prefix.parse(f"2001:db8:a:{n}00::/56") for n in (1, 2))
SERVER = Address.parse("2001:db8:a::53")
MOBILE = Address.parse("2001:db8:f:1::100")
ELSEWHERE = Address.parse("2001:db8:f:2::100")
STRANGER = Address.parse("2001:db8:bad::1")
KEY = SecurityAssociation(256, bytes(range(16)))
KEY_CONFIG = {"spi": KEY.spi, "key": KEY.key.hex()}
AUTHENTIC = {"authentication": KEY_CONFIG}
DHP = DHPS[0]
VOICE = BusinessFlowAttribute(5060, 17)
AH = 0xC000

Fate = Callable[[int, Any], Iterable[float]]


def dhp_config(index: int = 0, **changes: Any) -> dict[str, Any]:
    config = {
        "address": str(DHPS[index]),
        "pool": str(POOLS[index]),
        "group": str(GROUP),
        "anycast": str(ANYCAST),
        "zone": "cn.example",
        "peers": [str(address) for address in DHPS],
        "servers": [str(SERVER)],
        "capability": 100,
        "security": 3,
        "distance": 2 + index,
        "capacity": 100,
        "load": None,
        "status_interval": 5,
        "authentication": None,
    }
    return {**config, **changes}


def server_config(**changes: Any) -> dict[str, Any]:
    config = {"address": str(SERVER), "zone": "cn.example", "stale_after": 15}
    return {**config, "proxies": [str(address) for address in DHPS], **changes}


class Domain(VirtualTime[Address]):
    """Two home proxies, a server, and whatever anybody else sends them."""

    def __init__(
        self,
        seed: int = 0,
        *,
        dhp: dict[str, Any] | None = None,
        dhps: dict[int, dict[str, Any]] | None = None,
        server: dict[str, Any] | None = None,
        fate: Fate = lambda number, message: (0.0,),
    ) -> None:
        super().__init__(START)
        self.seed, self.fate = seed, fate
        self.sent: list[Sent] = []
        self.log: list[tuple[float, Address, Any]] = []
        changes = {index: {**(dhp or {}), **(dhps or {}).get(index, {})} for index in (0, 1)}
        self.configs: dict[Address, tuple[str, dict[str, Any]]] = {
            DHPS[index]: ("dhp", dhp_config(index, **changes[index])) for index in (0, 1)
        }
        self.configs[SERVER] = ("server", server_config(**(server or {})))
        self.cores: dict[Address, Core] = {}
        self.kernels: dict[Address, DataKernel] = {}
        for address in self.configs:
            self.restart(address)

    # --- what a test does ---------------------------------------------------------------------

    def restart(self, address: Address) -> None:
        role, config = self.configs[address]
        self.cores[address] = ROLES["dmipv6", role](config, Random(f"{self.seed} {address}"))
        self.kernels[address] = DataKernel()
        self._perform(address, self.cores[address].handle(Started(), self.now))

    def kill(self, address: Address) -> None:
        del self.cores[address]

    def command(self, address: Address, name: str, **arguments: Any) -> None:
        event = Command(name, arguments, "t")
        self._perform(address, self.cores[address].handle(event, self.now))

    def ask(self, message: Any, destination: Address, source: Address = MOBILE) -> list[Any]:
        """Send a message, as a mobile node does, and return what it is sent within a second."""
        before = len(self.sent)
        self.send(do.SendMessage(message, source, destination))
        self.run(1)
        return [sent.message for sent in self.sent[before + 1 :] if sent.destination == source]

    def address(self, dhp: Address = DHPS[0], source: Address = MOBILE) -> Address:
        """Ask a home proxy for a DHoA."""
        (response,) = self.ask(DhoaRequest(), dhp, source)
        return response.address  # type: ignore[no-any-return]

    def bind(
        self,
        home: Address,
        sequence: int = 1,
        *,
        care_of: Address = MOBILE,
        lifetime: int = 25,
        options: tuple[Any, ...] = (),
        key: SecurityAssociation | None = None,
        dhp: Address = DHPS[0],
    ) -> list[Any]:
        """Send a DHP Binding Update from ``care_of``, and return what comes back."""
        update = BindingUpdate(sequence, AH, lifetime, (AlternateCareOfAddress(care_of), *options))
        signed = Authenticator(key).sign(update, timestamp_at(self.now), care_of, home)
        before = len(self.sent)
        self.send(do.SendMessage(signed, care_of, dhp, home_address=home))
        self.run(1)
        return [s.message for s in self.sent[before + 1 :] if s.destination == care_of]

    def send(self, action: do.SendMessage) -> None:
        message = action.message
        codec = mobility if isinstance(message, MobilityMessage) else icmpv6
        source = action.home_address or action.source
        octets = codec.emit(message, source, action.route_to or action.destination)
        number = len(self.sent)
        self.sent.append(Sent(self.now, message, action.source, action.destination, octets))
        for extra in self.fate(number, message):
            self.at(DELAY + extra, lambda: self._arrive(action, octets, codec))

    # --- what a test looks at -----------------------------------------------------------------

    def records(self, event: str) -> list[dict[str, Any]]:
        found = [action for _, _, action in self.log if isinstance(action, do.Record)]
        return [dict(record.details) for record in found if record.event == event]

    def drops(self) -> list[str]:
        return [action.reason for _, _, action in self.log if isinstance(action, do.Drop)]

    def rows(self, address: Address) -> list[dict[str, Any]]:
        return [dict(row) for row in self.cores[address].bindings(self.now)]

    def tunnel(self, home: Address, dhp: Address = DHPS[0]) -> Address | None:
        """Where a home proxy tunnels what is sent to a DHoA."""
        route = self.kernels[dhp].routes.get((Prefix(home, 128), None))
        return None if route is None else route.tunnel

    # --- how it works -------------------------------------------------------------------------

    def _deadlines(self) -> Iterator[tuple[Address, float | None]]:
        for address, core in self.cores.items():
            yield address, core.deadline()

    def _tick(self, address: Address) -> None:
        self._perform(address, self.cores[address].tick(self.now))

    def _perform(self, address: Address, actions: Iterable[Any]) -> None:
        for action in actions:
            self.log.append((self.now, address, action))
            if isinstance(action, do.SendMessage):
                self.send(action)
            else:
                self.kernels[address].perform(action)

    def _arrive(self, action: do.SendMessage, octets: bytes, codec: Any) -> None:
        for address in self._receivers(action.destination):
            event = MessageReceived(
                codec.parse(octets),
                action.source,
                action.destination,
                octets=octets,
                home_address=action.home_address,
                routed_to=action.route_to,
            )
            self._perform(address, self.cores[address].handle(event, self.now))

    def _receivers(self, destination: Address) -> list[Address]:
        if destination[0] == 0xFF:
            return [a for a in self.cores if destination in self.kernels[a].groups]
        if destination == ANYCAST:
            return [address for address in DHPS if address in self.cores][:1]
        return [destination] if destination in self.cores else []


def statuses(answers: list[object]) -> list[int]:
    return [int(a.status) for a in answers if isinstance(a, BindingAcknowledgement)]


def table(domain: Domain) -> dict[str, dict[str, object]]:
    """The mapping table of the first home proxy, by DHoA."""
    return {row["address"]: row for row in domain.rows(DHP)}
