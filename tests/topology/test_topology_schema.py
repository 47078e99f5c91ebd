"""The schema for editors is current, and says the same as the models."""

from __future__ import annotations

import json

import pytest

from testbed.protocols.registry import PROTOCOLS
from testbed.protocols.schema import SCHEMA, text
from testbed.protocols.shelf import FILE, SHELF, shelved
from testbed.topology.model import TopologyModel


def test_the_schema_is_current() -> None:
    said = "it is not: run python -m testbed.protocols.schema"
    assert SCHEMA.read_text(encoding="utf-8") == text(), said


def test_the_schema_knows_every_key_protocol_and_option() -> None:
    schema = json.loads(text())
    assert set(schema["properties"]) == set(TopologyModel.model_fields)
    assert schema["properties"]["protocol"]["enum"] == list(PROTOCOLS)
    options = schema["properties"]["protocols"]["properties"]
    for name, protocol in PROTOCOLS.items():
        assert set(options[name]["properties"]) == set(protocol.options.model_fields)


def test_every_reference_of_the_schema_leads_somewhere() -> None:
    schema = json.loads(text())
    found = [each.partition('"')[0] for each in text().split('"$ref": "#/$defs/')[1:]]
    assert found
    assert set(found) <= set(schema["$defs"])


@pytest.mark.parametrize("name", shelved())
def test_every_topology_names_the_schema(name: str) -> None:
    first = (SHELF / name / FILE).read_text().partition("\n")[0]
    assert first == "# yaml-language-server: $schema=../schema.json"
