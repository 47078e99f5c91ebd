from __future__ import annotations

import json

from click.testing import CliRunner

from testbed.cli import group
from testbed.protocols.registry import PROTOCOLS
from testbed.protocols.shelf import shelved


def test_protocols_roles_and_topologies_are_listed() -> None:
    result = CliRunner().invoke(group, ["list"])
    assert result.exit_code == 0
    for name in (*PROTOCOLS, *shelved(), "mag", "lma", "access-router"):
        assert name in result.stdout


def test_the_list_is_json() -> None:
    found = json.loads(CliRunner().invoke(group, ["list", "--json"]).stdout)
    (pmipv6,) = [each for each in found["protocols"] if each["name"] == "pmipv6"]
    assert pmipv6["roles"] == {"anchor": "lma", "access-router": "mag"}
    assert "lifetime" in pmipv6["options"]
    assert {"name": "anchor", "meaning": "owns the home prefixes of mobiles"} in found["places"]
    assert {each["name"]: each["nodes"] for each in found["topologies"]}["pmipv6"] == 7
