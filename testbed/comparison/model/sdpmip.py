"""SD-PMIP (draft-jikim-dmm-pmip-00): no anchor; gateways ask all others where a mobile is.

The old gateway asks about what still comes to it, and is answered when the new one serves the
mobile. Then it tells those who had asked it, who ask all in their turn.
"""

from __future__ import annotations

from testbed.comparison.model import octets as size
from testbed.comparison.model.askers import Askers
from testbed.comparison.model.asking import route, straight
from testbed.comparison.model.places import Map, Place
from testbed.comparison.model.procedure import Procedure
from testbed.comparison.model.routes import TUNNEL, Leg, router_of
from testbed.comparison.model.scene import Call, Scene
from testbed.comparison.model.ways import Handover, Model, Passing, Ways
from testbed.topology.network import Network

QUERY = size.query() + TUNNEL  # to the group, in one more header


def begin(network: Network, map_: Map) -> Handover:
    """Return what plays the handovers of ``network``, one after the other."""
    askers = Askers(network, map_)

    def handover(scene: Scene, procedure: Procedure) -> Passing:
        askers.settle(scene)
        asking = _Asking(scene, procedure, askers.gateways)
        old, new = Place(scene.old.node), Place(scene.new.node)
        found: dict[Place, float] = {}
        if scene.is_sent_to:
            found[old] = asking.ask(old, 0.0)
            others = [each for each in askers.holders(scene) if each not in (old, new)]
            told = {each: asking.tell(each, found[old]) for each in others}
            found |= {each: asking.ask(each, at) for each, at in told.items()}
        askers.replace(scene.move.node, found)
        finds = {call.peer_name: asking.ask_about(call) for call in askers.to_find(scene)}
        for name in finds:
            askers.about(name).add(new)

        def passing(call: Call, peer: Place, octets: int) -> Ways:
            return straight(scene, peer, octets, found, finds.get(call.peer_name), scene.gap)

        return passing

    return handover


class _Asking:
    """Questions to all gateways and the answers of those that serve who is asked for."""

    def __init__(self, scene: Scene, procedure: Procedure, gateways: frozenset[Place]) -> None:
        self._scene, self._procedure, self._gateways = scene, procedure, gateways

    def ask(self, gateway: Place, at: float) -> float:
        """Ask where the mobile is; the answer waits until it is there."""
        new = Place(self._scene.new.node)
        arrives = self._ask_all(gateway, new, at)
        return self._answer(new, gateway, max(arrives, self._scene.gap))

    def ask_about(self, call: Call) -> float:
        """Ask from the new gateway where the other end is; return how long that takes."""
        new = Place(self._scene.new.node)
        router = router_of(self._scene.map, call.peer or new)
        with self._procedure.speaking_of(call.peer_name):
            return self._answer(router, new, self._ask_all(new, router, 0.0))

    def tell(self, gateway: Place, at: float) -> float:
        """Tell a gateway that the mobile has left; return when it knows."""
        old, name = Place(self._scene.old.node), self._scene.identifier
        octets, answer = size.notification(name), size.notification_answer(name)
        notified = self._procedure.send("UpdateNotification", at, octets, Leg(old, gateway))
        back = Leg(gateway, old)
        self._procedure.send("UpdateNotificationAcknowledgement", notified, answer, back)
        return notified

    def _ask_all(self, asker: Place, serving: Place, at: float) -> float:
        others = self._gateways - {asker}
        self._procedure.tell_all("ProxyBindingQuery", QUERY, asker, others)
        return at + self._scene.map.delay(asker, serving, QUERY)

    def _answer(self, serving: Place, asker: Place, at: float) -> float:
        leg = Leg(serving, asker)
        return self._procedure.send("ProxyQueryAcknowledgement", at, size.query_answer(), leg)


MODEL = Model(begin, route)
