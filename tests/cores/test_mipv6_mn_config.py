"""What a mobile node may be told, and the one line that says what is wrong."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from mipv6_places import CONFIGS

from agents.core.configuration import ConfigurationError
from agents.mipv6.mobile_config import MobileConfig
from agents.mipv6.mobile_node import MobileNode

NEEDED = ("identifier", "interfaces", "home_address", "home_prefix")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"home_address": "2001:db8::x"}, "'home_address' is '2001:db8::x': give an IPv6 address"),
        ({"home_address": "2001:db8:2::1"}, "'home_address' lies outside of 'home_prefix'"),
        ({"home_prefix": "2001:db8:1::/48"}, "give a prefix of 64 bits"),
        ({"home_prefix": None}, "give a prefix of 64 bits"),
        ({"home_agent": "ha"}, "'home_agent' is 'ha': give an IPv6 address"),
        ({"interfaces": []}, "'interfaces' is empty: give at least one"),
        ({"interfaces": "wlan0"}, "'interfaces' is empty: give at least one"),
        ({"interfaces": [{"interface": "w"}]}, "the key 'link_layer' is missing"),
        ({"interfaces": [{"interface": "w", "link_layer": "02:00"}]}, "has 2 octets: give 6"),
        ({"detection": "maybe"}, "give one of off, optimistic, standard"),
        ({"lifetime": 2}, "give a lifetime of 4 to 262140 s"),
        ({"lifetime": 1e9}, "give a lifetime of 4 to 262140 s"),
        ({"rr_lifetime": 421}, "give a lifetime of 4 to 420 s"),
        ({"refresh_fraction": 1}, "give a number between 0 and 1"),
        ({"initial_timeout": 0}, "give a number of seconds above 0"),
        ({"max_timeout": -1}, "give a number of seconds, 0 or more"),
        ({"route_optimization": "yes"}, "give true or false"),
        ({"authentication": {"spi": 9, "key": "00"}}, "0 to 255 are reserved"),
    ],
)
def test_what_it_cannot_work_with_is_said_in_one_line(changes, says) -> None:
    with pytest.raises(ConfigurationError) as raised:
        MobileNode.from_config({**CONFIGS["mn1"], **changes}, Random(1))
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("key", NEEDED)
def test_what_is_missing_is_named(key) -> None:
    config: dict[str, Any] = {k: v for k, v in CONFIGS["mn1"].items() if k != key}
    with pytest.raises(ConfigurationError):
        MobileConfig.read(config)


def test_what_may_be_left_out_has_the_values_of_the_standard() -> None:
    config = MobileConfig.read({key: CONFIGS["mn1"][key] for key in NEEDED})
    assert (config.initial_timeout, config.first_timeout, config.max_timeout) == (1, 1.5, 32)
    assert (config.rr_lifetime, config.home_agent, config.authentication) == (420, None, None)
    assert config.route_optimization and not config.prefix_discovery
