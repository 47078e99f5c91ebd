from __future__ import annotations

import pytest

from agents.core.actions import AddTunnel, RemoveTunnel
from agents.core.tunnels import Tunnels
from agents.wire.address import Address

HERE, THERE = Address.parse("2001:db8::1"), Address.parse("2001:db8::2")


def test_the_first_holder_brings_it_up_and_the_last_lets_it_linger() -> None:
    tunnels = Tunnels(HERE, 3.0)
    assert tunnels.hold(THERE) == [AddTunnel(HERE, THERE)]
    assert tunnels.hold(THERE) == []
    tunnels.release(THERE, 10.0)
    assert tunnels.deadline() is None
    tunnels.release(THERE, 11.0)
    assert tunnels.deadline() == 14.0
    assert tunnels.tick(13.9) == []
    assert tunnels.tick(14.0) == [RemoveTunnel(HERE, THERE)]
    assert tunnels.hold(THERE) == [AddTunnel(HERE, THERE)]


def test_a_holder_in_time_keeps_it() -> None:
    tunnels = Tunnels(HERE, 3.0)
    tunnels.hold(THERE)
    tunnels.release(THERE, 10.0)
    assert tunnels.hold(THERE) == []
    assert tunnels.tick(100.0) == [] and tunnels.deadline() is None


def test_releasing_what_nobody_holds_is_our_fault() -> None:
    with pytest.raises(KeyError):
        Tunnels(HERE, 3.0).release(THERE, 0.0)
