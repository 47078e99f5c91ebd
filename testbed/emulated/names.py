"""Name servers: dnsmasq on each node that is one, which answers for its names and asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import monotonic, sleep

from testbed.emulated.daemons import Daemons
from testbed.emulated.nodes import Node

PROGRAM, PACKAGE = "dnsmasq", "dnsmasq-base"
STARTING = 10.0  # seconds within which a server must answer for all its names
ANSWERING = 0.02  # seconds for one answer, which comes from the node itself
LIFETIME = 60  # seconds for which resolvers may keep an answer

Names = Mapping[str, tuple[str, ...]]


class NameServers:
    """The name servers of a run: ``names`` holds what each node answers, ``state`` its files."""

    def __init__(self, names: Mapping[str, Names], state: Path, logs: Path) -> None:
        self._names = names
        self._state = state
        self._nodes: dict[str, Node] = {}
        self._daemons = Daemons(PROGRAM, "no name server", logs, "names")
        state.mkdir()

    def start(self, node: Node) -> None:
        """Start the server of a node that is up, if it has names; ``wait`` says when it answers."""
        names = self._names.get(node.name)
        if not names:
            return
        file = self._state / f"{node.name}.hosts"
        file.write_text("".join(_lines(names)), encoding="utf-8")
        self._nodes[node.name] = node
        self._daemons.start(node, options(node.address, names, file))

    def wait(self) -> None:
        """Return when every server answers for all its names; RunFailed where one does not."""
        deadline = monotonic() + STARTING
        for name, node in self._nodes.items():
            for asked, addresses in self._names[name].items():
                while not _answers(node, asked, addresses):
                    if not self._daemons.runs(name) or monotonic() > deadline:
                        self._daemons.fail(name)
                    sleep(0.002)

    def watch(self, watch: Callable[[int, Callable[[], None]], None]) -> None:
        """Have the end of a server end the run."""
        self._daemons.watch(watch)


def options(address: str, names: Names, file: Path) -> list[str]:
    """Return the options of a dnsmasq that serves the names in ``file`` on ``address`` alone.

    Other names of the same zones do not exist; beyond its zones it refuses to answer (RFC 1035
    §4.1.1).
    """
    zones = {name.partition(".")[2]: None for name in names if "." in name}
    return [
        "--no-daemon",  # it keeps its user: a user namespace has no other
        *("--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--bind-interfaces"),
        *(f"--listen-address={address}", f"--addn-hosts={file}", f"--local-ttl={LIFETIME}"),
        *(f"--local=/{zone}/" for zone in zones),
    ]


def _lines(names: Names) -> Iterator[str]:
    return (f"{address} {name}\n" for name, addresses in names.items() for address in addresses)


def _answers(node: Node, name: str, addresses: tuple[str, ...]) -> bool:
    """Say whether the server on ``node`` has exactly these ``addresses`` for ``name``."""
    import dns.exception
    import dns.message
    import dns.query

    question = dns.message.make_query(name, "AAAA")
    with node.entered():
        try:
            answer = dns.query.udp(question, node.address, timeout=ANSWERING)
        except (dns.exception.DNSException, OSError):
            return False
    return {str(each) for found in answer.answer for each in found} == set(addresses)
