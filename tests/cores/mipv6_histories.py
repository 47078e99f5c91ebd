"""Histories of a mobile node that lead it through every state of its homes and correspondents."""

from __future__ import annotations

from mipv6_bench import sent
from mipv6_mobile import CN, HA, HOA, Mobile
from mipv6_places import care_of

from agents.wire import return_routability
from agents.wire.address import Address
from agents.wire.extension_headers import Type2Routing
from agents.wire.icmpv6_messages import (
    HomeAgentAddressDiscoveryReply,
    HomeAgentAddressDiscoveryRequest,
)
from agents.wire.messages import (
    BindingAcknowledgement,
    BindingRefreshRequest,
    BindingUpdate,
)
from agents.wire.packet import Packet

PROXY = Address.parse("2001:db8:d::1")
PROVIDED = Address.parse("2001:db8:d:1::5")


def found(mobile: Mobile) -> None:
    asked = mobile.last(HomeAgentAddressDiscoveryRequest).identifier
    reply = HomeAgentAddressDiscoveryReply(asked, (HA,))
    mobile.take(Packet(HA, mobile.core.care_of or care_of(1, "a"), reply))


def away_and_home() -> None:
    mobile = Mobile()
    mobile.attach("home")
    mobile.attach("a")
    mobile.wait(2)
    mobile.attach("home")
    mobile.wait(2)
    mobile.attach("a")
    mobile.answer()
    mobile.attach("home")
    mobile.answer(lifetime=0, routed=False)
    mobile.register("b")
    mobile.attach("a")
    mobile.attach("home")


def renewed_and_expired() -> None:
    mobile = Mobile()
    mobile.attach()
    mobile.answer(lifetime=10)
    mobile.wait(33)
    mobile.answer(lifetime=10)
    mobile.wait(41)
    mobile.answer(lifetime=10)
    mobile.wait(33)
    mobile.answer(129)
    mobile.attach("b")
    mobile.answer(129)
    mobile.attach("home")


def discovered() -> None:
    mobile = Mobile(home_agent=None)
    mobile.attach()
    mobile.attach("b")
    found(mobile)
    mobile.wait(11)
    found(mobile)
    mobile.answer()
    mobile.attach("a")
    mobile.wait(8)
    found(mobile)
    mobile.answer(133)


def given_up() -> None:
    mobile = Mobile()
    mobile.register()
    core = mobile.core
    mobile.do(core.add_home(PROVIDED, PROXY, mobile.now))
    mobile.answer(home=PROVIDED, source=PROXY)
    mobile.do(core.remove_home(PROVIDED, mobile.now))
    mobile.do(core.add_home(PROVIDED, PROXY, mobile.now))
    mobile.answer(home=PROVIDED, source=PROXY)
    mobile.do(core.hold_home(PROVIDED, mobile.now))
    mobile.do(core.remove_home(PROVIDED, mobile.now))
    mobile.answer(home=PROVIDED, source=PROXY, lifetime=0)
    mobile.do(core.add_home(PROVIDED, PROXY, mobile.now))
    mobile.answer(129, home=PROVIDED, source=PROXY)
    mobile.do(core.remove_home(PROVIDED, mobile.now))


def optimized() -> None:
    mobile = Mobile()
    mobile.optimize()
    mobile.attach("b")
    mobile.care_of_test()
    mobile.wait(1)
    mobile.authorized()
    mobile.attach("home")
    deletion = sent(mobile.actions, BindingUpdate)[-1]
    assert deletion.destination == CN and deletion.payload.lifetime == 0
    key = return_routability.binding_management_key(b"hometokn")
    plain = BindingAcknowledgement(0, 0, deletion.payload.sequence, 0)
    mobile.take(Packet(CN, HOA, return_routability.authorize(plain, key, HOA, CN)))


def unsupported() -> None:
    mobile = Mobile()
    mobile.register()
    mobile.hear_peer()
    mobile.wait(70)
    mobile.hear_peer()
    mobile.home_test()
    mobile.care_of_test()
    mobile.wait(8)
    mobile.wait(60)
    mobile.home_test()
    mobile.care_of_test()
    plain = BindingAcknowledgement(137, 0, mobile.updates(to=CN)[-1].sequence, 0)
    mobile.take(Packet(CN, care_of(1, "a"), plain, (Type2Routing(HOA),)))


def at_home_in_the_midst() -> None:
    mobile = Mobile()
    mobile.register()
    mobile.hear_peer()
    mobile.attach("home")
    mobile.attach("a")
    mobile.answer()
    mobile.hear_peer()
    mobile.down()
    mobile.wait(2)
    mobile.up()
    mobile.hear("a")


def without_a_binding() -> None:
    for accepted in (False, True):
        mobile = Mobile()
        mobile.register()
        mobile.hear_peer()
        mobile.home_test()
        mobile.care_of_test()
        if accepted:
            mobile.authorized()
        mobile.take(Packet(HA, HOA, BindingRefreshRequest()))
        mobile.answer(130)
        mobile.wait(33)
        if accepted:
            mobile.answer()
        mobile.wait(400)


def asked_for_without_a_link() -> None:
    mobile = Mobile()
    mobile.register()
    mobile.down()
    mobile.do(mobile.core.optimize(HOA, CN, mobile.now))


def given_up_while_optimized() -> None:
    mobile = Mobile()
    mobile.optimize()
    mobile.do(mobile.core.remove_home(HOA, mobile.now))


HISTORIES = (
    away_and_home,
    renewed_and_expired,
    discovered,
    given_up,
    optimized,
    unsupported,
    at_home_in_the_midst,
    without_a_binding,
    asked_for_without_a_link,
    given_up_while_optimized,
)
