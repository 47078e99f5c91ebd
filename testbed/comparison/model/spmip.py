"""S-PMIP (draft-jikim-dmm-pmip-00): PMIPv6's registration; data goes straight between gateways.

The old gateway asks the anchor about what still comes to it, and so does each gateway that the
anchor has told of the departure; all are answered when the new gateway has registered.
"""

from __future__ import annotations

from testbed.comparison.model import octets as size
from testbed.comparison.model.askers import Askers
from testbed.comparison.model.asking import outward, route, straight
from testbed.comparison.model.places import Map, Place
from testbed.comparison.model.pmipv6 import inward as by_anchor
from testbed.comparison.model.pmipv6 import register
from testbed.comparison.model.procedure import Procedure
from testbed.comparison.model.routes import Leg
from testbed.comparison.model.scene import Call, Scene
from testbed.comparison.model.ways import Handover, Model, Passing, Ways
from testbed.topology.network import Network


def begin(network: Network, map_: Map) -> Handover:
    """Return what plays the handovers of ``network``, one after the other."""
    askers = Askers(network, map_)

    def handover(scene: Scene, procedure: Procedure) -> Passing:
        askers.settle(scene)
        bound, served = register(scene, procedure)
        answers = _Answers(scene, procedure, bound)
        old = Place(scene.old.node)
        holders = askers.holders(scene)
        found = answers.told(holders)
        if scene.is_sent_to:
            found[old] = answers.ask(old, 0.0)
            if old in holders:  # told that its answer may be outdated, it asks again
                answers.ask(old, found[old])
        askers.replace(scene.move.node, found)
        finds = {call.peer_name: answers.ask_about(call) for call in askers.to_find(scene)}
        for name in finds:
            askers.about(name).add(Place(scene.new.node))
        return _passing(scene, askers, found, finds, bound, served)

    return handover


class _Answers:
    """Questions to the anchor and its answers."""

    def __init__(self, scene: Scene, procedure: Procedure, bound: float) -> None:
        self._scene, self._procedure, self._bound = scene, procedure, bound
        self._anchor = scene.anchor

    def told(self, holders: list[Place]) -> dict[Place, float]:
        """Tell all who have asked that the mobile has left; return when each is answered."""
        old, identifier = Place(self._scene.old.node), self._scene.identifier
        released = self._scene.map.delay(old, self._anchor, size.proxy_update(identifier))
        told = {gateway: self._tell(gateway, released) for gateway in holders}
        return {gateway: self.ask(gateway, at) for gateway, at in told.items() if gateway != old}

    def _tell(self, gateway: Place, at: float) -> float:
        name, back = self._scene.identifier, Leg(gateway, self._anchor)
        octets, answer = size.notification(name), size.notification_answer(name)
        notified = self._procedure.send(
            "UpdateNotification", at, octets, Leg(self._anchor, gateway)
        )
        self._procedure.send("UpdateNotificationAcknowledgement", notified, answer, back)
        return notified

    def ask(self, gateway: Place, at: float) -> float:
        """Ask where the mobile is; the answer waits for its registration."""
        asked = self._procedure.send(
            "ProxyBindingQuery", at, size.query(), Leg(gateway, self._anchor)
        )
        return self._answer(gateway, max(asked, self._bound))

    def ask_about(self, call: Call) -> float:
        """Ask from the new gateway where the other end is; return how long that takes."""
        new = Place(self._scene.new.node)
        with self._procedure.speaking_of(call.peer_name):
            leg = Leg(new, self._anchor)
            asked = self._procedure.send("ProxyBindingQuery", 0.0, size.query(), leg)
            return self._answer(new, asked)

    def _answer(self, gateway: Place, at: float) -> float:
        leg = Leg(self._anchor, gateway)
        return self._procedure.send("ProxyQueryAcknowledgement", at, size.query_answer(), leg)


def _passing(
    scene: Scene,
    askers: Askers,
    found: dict[Place, float],
    finds: dict[str, float],
    bound: float,
    served: float,
) -> Passing:
    def passing(call: Call, peer: Place, octets: int) -> Ways:
        finds_in = finds.get(call.peer_name)
        if askers.gateway(peer) is not None:
            return straight(scene, peer, octets, found, finds_in, served)
        inward = by_anchor(scene, peer, octets, bound, served)
        return Ways(inward, outward(scene, peer, octets, finds_in, served))

    return passing


MODEL = Model(begin, route)
