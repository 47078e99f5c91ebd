"""What the roles of DMIPv6 are told: defaults, and one clear line for what cannot be."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from dmipv6_domain import dhp_config, server_config
from dmipv6_nodes import correspondent, mobile

from agents.core.configuration import ConfigurationError
from agents.dmipv6.config import DirectoryConfig, ProxyConfig
from agents.dmipv6.limits import Rate
from agents.dmipv6.seeker_config import Discovery, SeekerConfig
from agents.dmipv6.selection import RULES, Policy
from agents.roles import ROLES
from agents.wire.address import Address

BARE_PROXY = {
    "address": "2001:db8:a::1",
    "pool": "2001:db8:a:1000::/52",
    "peers": [],
    "servers": [],
}
CONFIGS = {
    "dhp": dhp_config(),
    "server": server_config(),
    "mn": mobile(),
    "cn": correspondent("b"),
}


def test_the_defaults_of_a_home_proxy() -> None:
    config = ProxyConfig.read(BARE_PROXY)
    assert (config.group, config.anycast) == (None, None)
    assert (config.standing.load, config.standing.capability) == (None, 128)
    assert (config.standing.security, config.standing.distance) == (0, 255)
    assert (config.capacity, config.requests_per_mobile) == (1024, 16)
    assert (config.status_interval, config.stale_after, config.answer_delay) == (5, 15, 0.5)
    assert (config.request_limit, config.total_request_limit) == (Rate(2, 16), Rate(100, 200))
    assert (config.query_limit, config.total_query_limit) == (Rate(10, 20), Rate(500, 1000))
    assert (config.provisional_lifetime, config.max_lifetime) == (60, 3600)
    assert config.most_records == 60  # 12 + 60 * 20 + 40 octets fit into 1280
    assert config.refresh_advice is None and config.authentication is None


def test_the_defaults_of_a_server() -> None:
    config = DirectoryConfig.read({"address": "2001:db8:a::50", "proxies": []})
    assert (config.stale_after, config.rules, config.most_records) == (15, RULES, 60)


def test_the_defaults_of_a_mobile_node() -> None:
    config = SeekerConfig.read({})
    assert (config.zones, config.discovery) == ((), Discovery.ANYCAST)
    assert config.policy == Policy() and config.route_optimization
    assert config.default_service == "mobile" and config.services["mobile"].mobility
    assert (config.query_timeout, config.query_tries, config.collect) == (1, 3, 1)
    assert (config.open_timeout, config.negative_cache, config.name_lifetime) == (5, 5, 60)
    assert (config.flow_limit, config.flows, config.proxy_lifetime) == (Rate(2, 16), 256, 60)
    assert (config.linger, config.refuse) == (1, 10)
    assert (config.probes, config.probe_interval, config.probe_timeout) == (10, 0.02, 1)


def test_a_destination_belongs_to_the_smallest_domain_that_holds_it() -> None:
    domains = [
        {"prefix": prefix, "zone": zone, "name_server": "2001:db8::53"}
        for prefix, zone in (("2001:db8::/32", "all"), ("2001:db8:a::/48", "a"))
    ]
    config = SeekerConfig.read({"domains": domains})
    zones = [config.zone_of(Address.parse(a)) for a in ("2001:db8:a::9", "2001:db8:b::9", "::1")]
    assert [zone.name if zone else None for zone in zones] == ["a", "all", None]


@pytest.mark.parametrize(
    ("role", "changes", "said"),
    [
        ("dhp", {"pool": "2001:db8::/65"}, "dhp: 'pool' is 2001:db8::/65: give a prefix of at"),
        ("dhp", {"pool": None}, "dhp: 'pool' is None"),
        ("dhp", {"pool": "a pool"}, "dhp: 'pool' is 'a pool': give an IPv6 prefix"),
        ("dhp", {"group": "2001:db8::1"}, "dhp: 'group' is 2001:db8::1: give a multicast"),
        ("dhp", {"capability": 256}, "dhp: 'capability' is 256: give a whole number of 0 to 255"),
        ("dhp", {"load": "full"}, "dhp: 'load' is 'full'"),
        ("dhp", {"security": True}, "dhp: 'security' is True"),
        ("dhp", {"status_interval": 0}, "dhp: 'status_interval' is 0"),
        ("dhp", {"provisional_lifetime": 0}, "dhp: 'provisional_lifetime' is 0"),
        ("dhp", {"max_lifetime": 3}, "dhp: 'max_lifetime' is 3: give a lifetime of 4 to 262140"),
        ("dhp", {"request_rate": 0}, "request_rate is 0"),
        ("dhp", {"capacity": 0}, "dhp: 'capacity' is 0"),
        ("dhp", {"peers": "all"}, "dhp: 'peers' is 'all': give a list"),
        ("dhp", {"peers": ["dhp2"]}, "dhp: 'peers' is 'dhp2': give an IPv6 address"),
        ("dhp", {"authentication": {"spi": 1, "key": "00"}}, "dhp: 'spi' is 1"),
        ("server", {"stale_after": 0}, "server: 'stale_after' is 0"),
        ("server", {"rules": {"1": ["speed"]}}, "server: 'rules' is ['speed']"),
        ("server", {"proxies": None}, "server: 'proxies' is None: give a list"),
        ("cn", {"server": {"stale_after": 0, "proxies": []}}, "server: 'stale_after' is 0"),
        ("mn", {"discovery": "luck"}, "mn: 'discovery' is 'luck': give one of anycast, multicast"),
        ("mn", {"policy": ["speed"]}, "mn: 'policy' is ['speed']"),
        ("mn", {"min_security": -1}, "mn: 'min_security' is -1"),
        ("mn", {"default_service": "fax"}, "mn: 'default_service' is 'fax'"),
        ("mn", {"domains": {}}, "mn: 'domains' is {}"),
        ("mn", {"domains": [{"zone": "a"}]}, "mn: domains: the key 'prefix' is missing"),
        ("mn", {"query_timeout": 0}, "mn: 'query_timeout' is 0"),
        ("mn", {"proxy_lifetime": 2}, "mn: 'proxy_lifetime' is 2"),
        ("mn", {"flow_rate": 0}, "flow_rate is 0"),
        ("mn", {"services": []}, "mn: 'default_service' is 'mobile'"),
        ("mn", {"services": "all"}, "mn: 'services' is 'all'"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(role: str, changes: dict[str, Any], said: str) -> None:
    if role == "cn":
        changes = {"server": {**CONFIGS["cn"]["server"], **changes["server"]}}
    with pytest.raises(ConfigurationError) as caught:
        ROLES["dmipv6", role]({**CONFIGS[role], **changes}, Random(0))
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        ({"mobility": "yes"}, "mn: services: call: 'mobility' is 'yes': give true or false"),
        ({"rate": -1}, "mn: services: call: 'rate' is -1"),
        ({"max_delay": "100 ms"}, "mn: services: call: 'max_delay' is '100 ms'"),
        ({"max_loss": 1.5}, "mn: services: call: 'max_loss' is 1.5: give a number of 0 to 1"),
        ({"business": 300}, "mn: services: call: 'business' is 300"),
        ({"min_security": None}, "mn: services: call: 'min_security' is None"),
    ],
)
def test_services_that_cannot_be_are_refused(needs: dict[str, Any], said: str) -> None:
    config = {**CONFIGS["mn"], "services": {**CONFIGS["mn"]["services"], "call": needs}}
    with pytest.raises(ConfigurationError, match="mn: services: call") as caught:
        ROLES["dmipv6", "mn"](config, Random(0))
    assert str(caught.value).startswith(said)


def test_the_least_security_is_that_of_every_service_at_least() -> None:
    config = {"min_security": 5, "services": {"mobile": {}, "secret": {"min_security": 9}}}
    services = SeekerConfig.read(config).services
    assert services["mobile"].requirements.security == 5
    assert services["secret"].requirements.security == 9
    assert SeekerConfig.read({"min_security": 5}).services["mobile"].requirements.security == 5
