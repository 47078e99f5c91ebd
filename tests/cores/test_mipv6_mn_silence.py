"""At home without a link: nothing leaves from the home address on a link that may be another."""

from __future__ import annotations

from mipv6_bench import STRANGER
from mipv6_mobile import COA, HA, HOA, WLAN, Mobile, messages

from agents.wire.messages import BindingUpdate


def at_home() -> Mobile:
    mobile = Mobile(detection="optimistic")
    mobile.up()
    mobile.hear("home")
    return mobile


def test_who_loses_its_link_at_home_is_silent_until_its_router_is_heard_again() -> None:
    mobile = at_home()
    mobile.down()
    assert mobile.kernel.way(HOA, STRANGER) is None
    mobile.up()
    assert mobile.kernel.way(HOA, STRANGER) is None
    actions = mobile.hear("home")
    way = mobile.kernel.way(HOA, STRANGER)
    assert way is not None and (way.interface, way.tunnel) == (WLAN, None)
    assert messages(actions, BindingUpdate) == []


def test_who_leaves_home_is_silent_until_the_binding_stands() -> None:
    mobile = at_home()
    mobile.attach()
    assert len(messages(mobile.actions, BindingUpdate)) == 1
    assert mobile.kernel.way(HOA, STRANGER) is None
    mobile.answer()
    way = mobile.kernel.way(HOA, STRANGER)
    assert way is not None and way.tunnel == (COA, HA)
