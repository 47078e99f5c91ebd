"""Configurations of the roles of ROMIP: what is wrong is said in one line."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from romip_nodes import MAARS, aaa_config, maar_config, mn_config

from agents.core.configuration import ConfigurationError
from agents.roles import ROLES
from agents.romip.config import MaarConfig
from agents.wire.address import Address, Prefix
from agents.wire.draft_flags import IANA_SAFE, SEED_BITS

MADE = {"maar": maar_config("a1"), "mn": mn_config(1), "aaa": aaa_config()}


@pytest.mark.parametrize("role", MADE)
def test_what_the_world_uses_is_valid(role: str) -> None:
    core = ROLES["romip", role](MADE[role], Random(1))
    assert core.bindings(0.0) == [] and core.deadline() is None


@pytest.mark.parametrize(
    ("role", "changes", "line"),
    [
        ("maar", {"address": "here"}, "maar: 'address' is 'here': give an IPv6 address"),
        ("maar", {"lifetime": 3}, "'lifetime' is 3: give a lifetime of 4 to 262140 s"),
        ("maar", {"flag_profile": "mine"}, "'flag_profile' is 'mine': give one of seed-bits"),
        ("maar", {"initial_timeout": 0}, "'initial_timeout' is 0"),
        ("maar", {"origin_host": ""}, "'origin_host' is ''"),
        (
            "maar",
            {"access": [{"interface": "wlan0", "prefix": "2001:db8::/48"}]},
            "'prefix' is 2001:db8::/48: give one of 64 bits",
        ),
        (
            "maar",
            {"mobiles": [{"identifier": "mn", "link_layer_addresses": ["02:00"]}]},
            "interface 02:00 has not 6 octets",
        ),
        (
            "maar",
            {"mobiles": 2 * [{"identifier": "mn", "link_layer_addresses": ["02:00:00:00:00:01"]}]},
            "two mobile nodes have the interface 02:00:00:00:00:01",
        ),
        ("maar", {"authentication": {"spi": 7, "key": "00"}}, "'spi' is 7"),
        ("mn", {"session_timeout": 0}, "'session_timeout' is 0"),
        ("mn", {"identifier": "x" * 256}, "give a name of 1 to 255 octets"),
        ("mn", {"interfaces": [{"interface": "w"}]}, "the key 'link_layer' is missing"),
        ("aaa", {"maars": [{"address": "2001:db8::1"}]}, "the key 'host' is missing"),
    ],
)
def test_what_is_wrong_is_named(role: str, changes: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        ROLES["romip", role]({**MADE[role], **changes}, Random(1))
    assert line in str(error.value)


def test_what_may_be_left_out() -> None:
    config = MaarConfig.read(maar_config("a1"))
    assert config.flags is SEED_BITS and config.authentication is None
    assert config.maars[MAARS["b2"]] == (Prefix.parse("2001:db8:b2:1::/64"),)
    alone = MaarConfig.read({**maar_config("a1", flag_profile="iana-safe"), "maars": []})
    assert alone.flags is IANA_SAFE
    assert alone.maars == {Address.parse("2001:db8:a1::1"): (Prefix.parse("2001:db8:a1:1::/64"),)}
