"""The receive boundary: octets become events of a core, or a counted drop and an error reply."""

from __future__ import annotations

import struct

from agents.core.events import MessageReceived
from agents.core.rate import TokenBucket
from agents.live import neighbors
from agents.live.interfaces import name_of
from agents.live.journal import Journal
from agents.live.sockets import HOP_LIMIT, MOBILITY, Datagram, RawSocket
from agents.wire import icmpv6, mobility
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.errors import WireError
from agents.wire.icmpv6_messages import ParameterProblem
from agents.wire.messages import BindingError, UnknownMobilityMessage
from agents.wire.names import message_name
from agents.wire.numbers import BindingErrorStatus

_ERRORS_PER_SECOND, _ERRORS_AT_ONCE = 10, 10  # RFC 4443 §2.4 (f)
_FIXED_HEADER = struct.Struct("!IHBB16s16s")
_VERSION = 6
_SHORTEST_MOBILITY_HEADER = 8
_LONGEST_INVOKING = 1280 - 40 - 8  # RFC 4443 §3.4


class Boundary:
    """Judges what the sockets received; the answers to bad octets are those that RFCs ask for."""

    def __init__(
        self, mobility_socket: RawSocket, icmpv6_socket: RawSocket, journal: Journal
    ) -> None:
        self._mobility = mobility_socket
        self._icmpv6 = icmpv6_socket
        self._journal = journal
        self._errors = TokenBucket(_ERRORS_PER_SECOND, _ERRORS_AT_ONCE)

    def mobility(self, datagram: Datagram) -> MessageReceived | None:
        """Return the event of a Mobility Header, None where it was dropped (RFC 6275 §9.2)."""
        octets = datagram.octets
        if len(octets) < _SHORTEST_MOBILITY_HEADER:
            self._drop("malformed", datagram, f"{len(octets)} octets")
            return None
        if not self._credible(datagram):
            return None
        if not datagram.sums(mobility.checksum_ok):
            self._drop("checksum", datagram)
            return None
        try:
            message = mobility.parse(octets)
        except WireError as error:
            if error.pointer is not None:
                self._parameter_problem(datagram, error.pointer)
            self._drop("malformed", datagram, str(error))
            return None
        if isinstance(message, UnknownMobilityMessage):
            self._binding_error(datagram)
            self._drop("unknown MH type", datagram, str(octets[2]))
            return None
        return self._received(message, datagram)

    def tunnelled(self, datagram: Datagram) -> MessageReceived | None:
        """Return the event of a Mobility Header inside one more IPv6 header, None if dropped.

        Who sent the outer header must be who speaks, and to the same (see ``JoinGroup``).
        """
        inner = datagram.octets
        if len(inner) < _FIXED_HEADER.size:
            self._drop("malformed", datagram, f"an inner packet of {len(inner)} octets")
            return None
        word, length, protocol, hops, source, destination = _FIXED_HEADER.unpack_from(inner)
        if (source, destination) != (datagram.source, datagram.destination):
            self._drop("other inner addresses", datagram, str(Address(source)))
            return None
        end = _FIXED_HEADER.size + length
        if word >> 28 != _VERSION or protocol != MOBILITY or end > len(inner):
            self._drop("malformed", datagram, "no Mobility Header in the inner packet")
            return None
        octets = inner[_FIXED_HEADER.size : end]
        return self.mobility(datagram._replace(octets=octets, hop_limit=hops))

    def icmpv6(self, datagram: Datagram) -> MessageReceived | None:
        """Return the event of an ICMPv6 message, None where it was dropped (RFC 4861 §6.1, §7.1).

        A message that says less than its type asks for is dropped likewise.
        """
        octets = datagram.octets
        neighbors_say = bool(octets) and octets[0] in neighbors.TYPES
        if neighbors_say and datagram.hop_limit != HOP_LIMIT:
            self._drop("hop limit", datagram)
            return None
        if not self._credible(datagram):
            return None
        if not datagram.sums(icmpv6.checksum_ok):
            self._drop("checksum", datagram)
            return None
        try:
            message = icmpv6.parse(octets)
        except WireError as error:
            self._drop("malformed", datagram, str(error))
            return None
        wrong = neighbors.fault(message, datagram) if neighbors_say else ""
        if wrong:
            self._drop("malformed", datagram, f"{message_name(message)}: {wrong}")
            return None
        return self._received(message, datagram)

    def _received(self, message: object, datagram: Datagram) -> MessageReceived:
        interface = name_of(datagram.interface)
        details = {
            "message": message_name(message),
            "source": str(datagram.source),
            "destination": str(datagram.destination),
            "interface": interface,
            "octets": len(datagram.octets),
        }
        if datagram.home_address is not None:
            details["home_address"] = str(datagram.home_address)
        if datagram.routed_to is not None:
            details["routed_to"] = str(datagram.routed_to)
        self._journal.counters["messages received"] += 1
        self._journal.event("message_received", details)
        return MessageReceived(
            message,
            datagram.source,
            datagram.destination,
            interface,
            datagram.link_layer_source,
            datagram.octets,
            datagram.home_address,
            datagram.routed_to,
        )

    def _credible(self, datagram: Datagram) -> bool:
        """Say whether a node can have the home address, if there is one (RFC 6275 §9.3.1)."""
        home_address = datagram.home_address
        if home_address is None or neighbors.routable(home_address):
            return True
        self._drop("home address", datagram, f"{home_address} is no home address")
        return False

    def _drop(self, reason: str, datagram: Datagram, why: str = "") -> None:
        details = {"source": str(datagram.source), "interface": name_of(datagram.interface)}
        self._journal.drop(reason, {**details, "error": why} if why else details)

    def _binding_error(self, datagram: Datagram) -> None:
        if not self._answerable(datagram):
            return
        status = BindingErrorStatus.UNRECOGNIZED_MH_TYPE
        source, destination = datagram.destination, datagram.source
        error = BindingError(status, datagram.home_address or UNSPECIFIED)
        octets = mobility.emit(error, source, destination)
        self._reply(self._mobility, "BindingError", octets, source, destination)

    def _parameter_problem(self, datagram: Datagram, pointer: int) -> None:
        if not self._answerable(datagram):
            return
        source, destination = datagram.destination, datagram.source
        # A raw socket does not show extension headers: the header is rebuilt without them.
        header = _FIXED_HEADER.pack(
            *(6 << 28, len(datagram.octets), MOBILITY, datagram.hop_limit),
            *(destination, source),
        )
        invoking = (header + datagram.octets)[:_LONGEST_INVOKING]
        problem = ParameterProblem(len(header) + pointer, invoking)
        octets = icmpv6.emit(problem, source, destination)
        self._reply(self._icmpv6, "ParameterProblem", octets, source, destination)

    def _reply(
        self, by: RawSocket, name: str, octets: bytes, source: Address, destination: Address
    ) -> None:
        details = {"message": name, "source": str(source), "destination": str(destination)}
        try:
            by.send(octets, source, destination)
        except OSError as error:
            self._journal.event("send_failed", {**details, "error": error.strerror or str(error)})
            return
        self._journal.event("message_sent", {**details, "octets": len(octets)})

    def _answerable(self, datagram: Datagram) -> bool:
        multicast = 0xFF
        if datagram.destination[0] == multicast or datagram.source[0] == multicast:
            return False
        return datagram.source != UNSPECIFIED and self._errors.take(self._journal.now())
