"""Who takes part in flow binding: an anchor, gateways of two technologies, mobile nodes."""

from __future__ import annotations

from typing import Any

from pmipv6_world import LMA, MAGS, lma_config, mag_config, text

from agents.core.flows import FlowSelector
from agents.pmipv6.forwarding import interface_address
from agents.wire.address import Address, Prefix

LTE, WLAN = 8, 4
A, B, C = MAGS
TECHNOLOGIES = {A: LTE, B: WLAN, C: WLAN}
IF1, IF2 = "if1", "if2"
CN = Address.parse("2001:db8:cc::1")
CALL, VIDEO, DOWNLOAD, SYNC = 5060, 5004, 6881, 873
UDP, TCP = 17, 6
RATE = 10_000_000


def identifier(number: int = 1) -> str:
    return f"mn{number}@example.com"


def octets(interface: str, number: int = 1) -> bytes:
    return bytes((2, 0, 0, 0, 1 if interface == IF1 else 2, number))


def home(interface: str, number: int = 1) -> Prefix:
    kind = 0x10 if interface == IF1 else 0x20
    return Prefix(Address.parse(f"2001:db8:1:{0x8000 + 256 * kind + number:x}::"), 64)


def node(number: int = 1) -> Address:
    """The name of a mobile node in this world."""
    return Address.parse(f"2001:db8:ffff::{number}")


def service(protocol: int, port: int, rate: int) -> dict[str, Any]:
    return {"selectors": [{"protocol": protocol, "source_ports": [port, port]}], "rate": rate}


SERVICES = {
    "call": service(UDP, CALL, 100_000),
    "video": service(UDP, VIDEO, 2_000_000),
    "download": service(TCP, DOWNLOAD, 4_000_000),
    "sync": service(TCP, SYNC, 6_000_000),
}
POLICY = [
    {"service": "call", "prefer": [LTE, WLAN]},
    {"service": "video", "prefer": [WLAN, LTE], "shed": 1},
    {"service": "download", "prefer": [WLAN], "shed": 2},
    {"service": "sync", "prefer": [WLAN]},
]


class Nodes:
    """The nodes of a domain with so many mobile nodes; ``flows`` is what all know of flows.

    ``rates`` are those of the gateways' access links, ``lma`` and ``mag`` change configurations.
    """

    def __init__(
        self,
        mobiles: int,
        flows: dict[str, Any],
        rates: dict[Address, float | None],
        lma: dict[str, Any],
        mag: dict[str, Any],
    ) -> None:
        self.numbers = range(1, mobiles + 1)
        self.flows = {"services": SERVICES, "policy": POLICY, **flows}
        self.rates = {A: RATE, B: RATE, C: RATE, **rates}
        self.shared = bool(self.flows.get("shared_address"))
        self.configurations = {
            LMA: ("lma", self._anchor(lma)),
            **{each: ("mag", self._gateway(each, mag)) for each in MAGS},
            **{node(number): ("mn", self._mobile(number)) for number in self.numbers},
        }

    def prefix(self, interface: str, number: int = 1) -> Prefix:
        return home(IF1 if self.shared else interface, number)

    def address(self, interface: str, number: int = 1) -> Address:
        """The address of an interface: SIP is that of IF1, TIP that of IF2."""
        maker = octets(IF1 if self.shared else interface, number)
        found = interface_address(self.prefix(interface, number), maker)
        assert found is not None
        return found

    def flow(self, port: int = VIDEO, interface: str = IF1, number: int = 1) -> FlowSelector:
        """The selector that a gateway makes of a service for an interface."""
        protocol = TCP if port in (DOWNLOAD, SYNC) else UDP
        destination = Prefix(self.address(interface, number), 128)
        return FlowSelector(destination=destination, protocol=protocol, source_ports=(port, port))

    def owner(self, address: Address) -> int:
        """The number of the mobile node that has ``address``."""
        return next(
            n for n in self.numbers if address in (self.address(IF1, n), self.address(IF2, n))
        )

    def _anchor(self, changes: dict[str, Any]) -> dict[str, Any]:
        return lma_config(
            mobiles={
                identifier(n): {
                    "prefixes": {
                        text(octets(each, n)): [str(self.prefix(each, n))] for each in (IF1, IF2)
                    }
                }
                for n in self.numbers
            },
            capacities=[
                {"gateway": str(each), "technology": TECHNOLOGIES[each], "rate": rate}
                for each, rate in self.rates.items()
                if rate
            ],
            flows=self.flows,
            **changes,
        )

    def _gateway(self, address: Address, changes: dict[str, Any]) -> dict[str, Any]:
        technology, rate = TECHNOLOGIES[address], self.rates[address]
        access = {"interface": "acc0", "technology": technology, "rate": rate}
        mobiles = [
            {
                "identifier": identifier(n),
                "lma": str(LMA),
                "link_layer_addresses": [text(octets(each, n)) for each in (IF1, IF2)],
            }
            for n in self.numbers
        ]
        return mag_config(address, access=[access], mobiles=mobiles, flows=self.flows, **changes)

    def _mobile(self, number: int) -> dict[str, Any]:
        interfaces = [
            {"interface": each, "link_layer": text(octets(each, number)), "technology": kind}
            for each, kind in ((IF1, LTE), (IF2, WLAN))
        ]
        return {
            "identifier": identifier(number),
            "anchor": str(LMA),
            "interfaces": interfaces,
            "shared_address": self.shared,
        }
