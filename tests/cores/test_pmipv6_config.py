"""A wrong configuration is one line that names the key."""

from __future__ import annotations

import pytest
from pmipv6_world import lma_config, mag_config

from agents.core.configuration import ConfigurationError
from agents.pmipv6.config import AnchorConfig, GatewayConfig

WRONG_ANCHORS = [
    ({"address": "nowhere"}, "'address'"),
    ({"mags": "2001:db8::1"}, "'mags'"),
    ({"mags": ["x"]}, "'mags'"),
    ({"pool": "2001:db8::/65"}, "'pool'"),
    ({"pool": "2001:db8::1/56"}, "'pool'"),
    ({"prefixes_per_mobile": 0}, "'prefixes_per_mobile'"),
    ({"max_lifetime": 3}, "'max_lifetime'"),
    ({"max_lifetime": 262141}, "'max_lifetime'"),
    ({"min_delay_before_bce_delete": -1}, "'min_delay_before_bce_delete'"),
    ({"timestamp_validity_window": "soon"}, "'timestamp_validity_window'"),
    ({"authentication": {"spi": 255, "key": "00"}}, "'spi'"),
    ({"authentication": {"spi": 256, "key": "xy"}}, "'key'"),
    ({"authentication": {"spi": 256, "key": ""}}, "'key'"),
    ({"mobiles": {"mn1": {"prefixes": {"02:zz": []}}}}, "interface of 'mn1'"),
    ({"mobiles": {"mn1": {"prefixes": {"02:00": ["fe80"]}}}}, "prefix of 'mn1'"),
]
WRONG_GATEWAYS = [
    ({"link_local": None}, "'link_local'"),
    ({"link_layer": 7}, "'link_layer'"),
    ({"ordering": "chance"}, "'ordering'"),
    ({"detect": []}, "'detect'"),
    ({"detect": "link"}, "'detect'"),
    ({"detect": ["magic"]}, "'detect'"),
    ({"initial_timeout": 0}, "'initial_timeout'"),
    ({"lifetime": True}, "'lifetime'"),
    ({"refresh_fraction": 1}, "'refresh_fraction'"),
    ({"access": [{"interface": "eth0", "technology": 256}]}, "'technology'"),
    ({"mobiles": [{"identifier": "a", "lma": "::1"}]}, "'link_layer_addresses'"),
    (
        {"mobiles": [{"identifier": "a", "lma": "::1", "link_layer_addresses": ["02:00"] * 2}]},
        "02:00",
    ),
]


@pytest.mark.parametrize(("changes", "named"), WRONG_ANCHORS)
def test_an_anchor_names_the_key_at_fault(changes, named) -> None:
    with pytest.raises(ConfigurationError, match=named) as caught:
        AnchorConfig.read(lma_config(**changes))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("changes", "named"), WRONG_GATEWAYS)
def test_a_gateway_names_the_key_at_fault(changes, named) -> None:
    with pytest.raises(ConfigurationError, match=named) as caught:
        GatewayConfig.read(mag_config(**changes))
    assert "\n" not in str(caught.value)


def test_a_missing_key_is_named() -> None:
    config = lma_config()
    del config["mags"]
    with pytest.raises(ConfigurationError, match="'mags' is missing"):
        AnchorConfig.read(config)


def test_what_may_be_left_out_has_the_values_of_the_standard() -> None:
    minimal = {key: lma_config()[key] for key in ("address", "mags", "mobiles")}
    config = AnchorConfig.read(minimal)
    assert config.min_delay_before_bce_delete == 10.0
    assert config.max_delay_before_new_bce_assign == 1.5
    assert config.timestamp_validity_window == 0.3
