"""Several homes with agents of their own, for a protocol that builds on the mobile node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from mipv6_bench import sent
from mipv6_mobile import CN, COA, COA_B, HA, HOA, Mobile, drops

from agents.core import actions as do
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.messages import BindingUpdate
from agents.wire.options import BusinessFlowAttribute

PROXY = Address.parse("2001:db8:d::1")
OTHER_PROXY = Address.parse("2001:db8:e::1")
PROVIDED = Address.parse("2001:db8:d:1::5")
SECOND = Address.parse("2001:db8:d:1::6")


class Listener:
    """Writes down what it is told, and may act on the way."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.on_moving: Any = None

    def registered(self, home: Address, lifetime: float, now: float) -> Sequence[Any]:
        self.told.append(("registered", home, lifetime))
        return [do.Record("noticed")]

    def refused(self, home: Address, status: int, now: float) -> Sequence[Any]:
        self.told.append(("refused", home, status))
        return ()

    def unreachable(self, home: Address, now: float) -> Sequence[Any]:
        self.told.append(("unreachable", home))
        return ()

    def expired(self, home: Address, now: float) -> Sequence[Any]:
        self.told.append(("expired", home))
        return ()

    def moving(self, care_of: Address, interface: str, now: float) -> Sequence[Any]:
        self.told.append(("moving", care_of, interface))
        return self.on_moving(now) if self.on_moving else ()

    def care_of_changed(self, care_of: Address | None, now: float) -> Sequence[Any]:
        self.told.append(("care_of_changed", care_of))
        return ()


@pytest.fixture
def mobile() -> Mobile:
    mobile = Mobile(Listener())
    mobile.register()
    return mobile


def add(mobile: Mobile, home: Address = PROVIDED, agent: Address = PROXY, **more: Any) -> list[Any]:
    return mobile.do(mobile.core.add_home(home, agent, mobile.now, **more))


def told(mobile: Mobile) -> list[tuple[Any, ...]]:
    listener = mobile.core._listener
    assert isinstance(listener, Listener)
    return listener.told


def test_a_home_that_is_added_is_registered_at_once_with_its_own_options(mobile) -> None:
    attribute = BusinessFlowAttribute(5060, 17)
    actions = add(mobile, options=lambda: (attribute,), lifetime=60)
    (update,) = sent(actions, BindingUpdate)
    assert (update.source, update.destination, update.pseudo_source) == (COA, PROXY, PROVIDED)
    assert update.payload.lifetime == 15
    assert attribute in update.payload.options
    assert ("lo", PROVIDED) in mobile.kernel.addresses and PROVIDED in mobile.kernel.confined


def test_each_home_has_its_own_tunnel_and_the_default_stays_with_the_first(mobile) -> None:
    add(mobile)
    mobile.answer(home=PROVIDED, source=PROXY)
    assert mobile.kernel.tunnels == {HA: COA, PROXY: COA}
    assert mobile.kernel.routes[ALL_ZERO, Prefix(PROVIDED, 128)].tunnel == PROXY
    assert mobile.kernel.routes[ALL_ZERO, None].tunnel == HA
    assert told(mobile)[-1] == ("registered", PROVIDED, 300.0)


def test_what_a_listener_returns_is_done(mobile) -> None:
    add(mobile)
    assert mobile.answer(home=PROVIDED, source=PROXY)[-1] == do.Record("noticed")


def test_two_homes_of_one_agent_share_a_tunnel_until_both_are_gone(mobile) -> None:
    for home in (PROVIDED, SECOND):
        add(mobile, home)
        mobile.answer(home=home, source=PROXY)
    mobile.do(mobile.core.remove_home(PROVIDED, mobile.now))
    assert PROXY in mobile.kernel.tunnels
    mobile.do(mobile.core.remove_home(SECOND, mobile.now))
    assert PROXY not in mobile.kernel.tunnels


def test_a_move_tells_every_agent(mobile) -> None:
    add(mobile)
    mobile.answer(home=PROVIDED, source=PROXY)
    updates = sent(mobile.attach("b"), BindingUpdate)
    assert {update.destination for update in updates} == {HA, PROXY}
    assert {update.source for update in updates} == {COA_B}
    assert told(mobile)[-2:] == [("moving", COA_B, "wlan0"), ("care_of_changed", COA_B)]


def test_removal_deletes_the_binding_and_then_the_address(mobile) -> None:
    add(mobile)
    mobile.answer(home=PROVIDED, source=PROXY)
    actions = mobile.do(mobile.core.remove_home(PROVIDED, mobile.now))
    (update,) = sent(actions, BindingUpdate)
    assert (update.source, update.pseudo_source, update.payload.lifetime) == (COA, PROVIDED, 0)
    assert mobile.kernel.way(PROVIDED, CN) is None
    assert ("lo", PROVIDED) in mobile.kernel.addresses, "the answer comes to it"
    mobile.answer(home=PROVIDED, source=PROXY, lifetime=0)
    assert ("lo", PROVIDED) not in mobile.kernel.addresses
    assert PROVIDED not in mobile.kernel.confined
    with pytest.raises(KeyError):
        mobile.core.remove_home(PROVIDED, mobile.now)


def test_a_removal_that_nobody_answers_ends_after_four_tries(mobile) -> None:
    add(mobile)
    mobile.answer(home=PROVIDED, source=PROXY)
    mobile.do(mobile.core.remove_home(PROVIDED, mobile.now))
    mobile.wait(20)
    assert [update.lifetime for update in mobile.updates(PROVIDED)] == [75, 0, 0, 0, 0]
    assert ("lo", PROVIDED) not in mobile.kernel.addresses


def test_a_home_that_comes_back_while_it_is_removed_is_registered_again(mobile) -> None:
    add(mobile)
    mobile.answer(home=PROVIDED, source=PROXY)
    mobile.do(mobile.core.remove_home(PROVIDED, mobile.now))
    add(mobile)
    last = mobile.updates(PROVIDED)
    assert [update.lifetime for update in last] == [75, 0, 75]
    assert last[2].sequence == (last[1].sequence + 1) & 0xFFFF
    mobile.answer(home=PROVIDED, source=PROXY)
    assert mobile.kernel.routes[ALL_ZERO, Prefix(PROVIDED, 128)].tunnel == PROXY


def test_a_home_may_change_its_agent(mobile) -> None:
    add(mobile)
    mobile.answer(home=PROVIDED, source=PROXY)
    add(mobile, agent=OTHER_PROXY)
    assert mobile.kernel.way(PROVIDED, CN) is None
    mobile.answer(home=PROVIDED, source=OTHER_PROXY)
    assert mobile.kernel.tunnels == {HA: COA, OTHER_PROXY: COA}


def test_refusal_and_silence_of_one_agent_concern_its_home_alone(mobile) -> None:
    add(mobile)
    mobile.answer(130, home=PROVIDED, source=PROXY)
    assert told(mobile)[-1] == ("refused", PROVIDED, 130)
    add(mobile, SECOND, OTHER_PROXY)
    mobile.wait(11)
    assert ("unreachable", SECOND) in told(mobile)
    assert mobile.state(HOA) == "registered"


def test_a_binding_that_expires_unanswered_is_told(mobile) -> None:
    add(mobile)
    mobile.answer(home=PROVIDED, source=PROXY, lifetime=5)
    mobile.wait(21)
    assert told(mobile)[-1] == ("expired", PROVIDED)
    assert mobile.remaining(PROVIDED) is None


def test_each_update_has_the_options_of_its_time(mobile) -> None:
    options: list[Any] = []
    add(mobile, options=lambda: tuple(options))
    mobile.answer(home=PROVIDED, source=PROXY)
    options.append(BusinessFlowAttribute(80, 6))
    to_proxy = [u for u in sent(mobile.attach("b"), BindingUpdate) if u.destination == PROXY]
    assert [options[0] in update.payload.options for update in to_proxy] == [True]


def test_a_home_that_is_held_keeps_its_route_and_is_told_to_nobody(mobile) -> None:
    add(mobile)
    mobile.answer(home=PROVIDED, source=PROXY)
    mobile.do(mobile.core.hold_home(PROVIDED, mobile.now))
    assert {u.destination for u in sent(mobile.attach("b"), BindingUpdate)} == {HA}
    assert mobile.kernel.routes[ALL_ZERO, Prefix(PROVIDED, 128)].tunnel == PROXY
    assert [p.destination for p in sent(mobile.wait(400), BindingUpdate)].count(PROXY) == 0
    actions = mobile.do(mobile.core.remove_home(PROVIDED, mobile.now))
    assert [update.payload.lifetime for update in sent(actions, BindingUpdate)] == [0]


def test_a_listener_may_hold_a_home_before_the_updates_of_a_move(mobile) -> None:
    add(mobile)
    mobile.answer(home=PROVIDED, source=PROXY)
    listener = mobile.core._listener
    assert isinstance(listener, Listener)
    listener.on_moving = lambda now: mobile.core.hold_home(PROVIDED, now)
    updates = sent(mobile.attach("b"), BindingUpdate)
    assert {update.destination for update in updates} == {HA}


def test_losing_the_link_is_told_and_so_is_its_return(mobile) -> None:
    mobile.down()
    assert told(mobile)[-1] == ("care_of_changed", None)
    mobile.up()
    mobile.hear()
    assert told(mobile)[-1] == ("care_of_changed", COA)


def test_at_home_other_homes_are_bound_to_the_first_home_address(mobile) -> None:
    add(mobile)
    mobile.answer(home=PROVIDED, source=PROXY)
    updates = sent(mobile.attach("home"), BindingUpdate)
    to_proxy = next(update for update in updates if update.destination == PROXY)
    assert (to_proxy.source, to_proxy.pseudo_source) == (HOA, PROVIDED)
    assert to_proxy.payload.lifetime == 75
    assert mobile.kernel.tunnels == {PROXY: HOA}


def test_an_agent_cannot_answer_for_another(mobile) -> None:
    add(mobile)
    actions = mobile.answer(home=PROVIDED, source=HA)
    assert drops(actions) == ["acknowledgement that no update awaits"]


def test_routes_are_optimized_from_the_home_that_was_asked_for(mobile) -> None:
    add(mobile, watch=False)
    actions = mobile.answer(home=PROVIDED, source=PROXY)
    assert do.WatchPeers(PROVIDED) not in actions
    begun = mobile.do(mobile.core.optimize(PROVIDED, CN, mobile.now))
    assert {packet.source for packet in sent(begun)} == {PROVIDED, COA}


def test_optimized_routes_go_with_the_home(mobile) -> None:
    mobile.hear_peer()
    mobile.home_test()
    mobile.care_of_test()
    mobile.authorized()
    actions = mobile.do(mobile.core.remove_home(HOA, mobile.now))
    update = next(packet for packet in sent(actions, BindingUpdate) if packet.destination == CN)
    assert (update.payload.lifetime, update.payload.flags) == (0, 0)  # nobody awaits an answer
    assert mobile.kernel.optimized == {}
