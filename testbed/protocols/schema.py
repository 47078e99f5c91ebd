"""The JSON Schema of topology files, for editors: `python -m testbed.protocols.schema`.

Written to ``topologies/schema.json``; a test says when that is not current.
"""

from __future__ import annotations

import json
from typing import Any

from testbed.protocols.registry import PROTOCOLS, all_places
from testbed.protocols.shelf import SHELF
from testbed.topology.model import TopologyModel

SCHEMA = SHELF / "schema.json"


def topology_schema() -> dict[str, Any]:
    """Return the schema of topology files with the options of every known protocol."""
    schema = TopologyModel.model_json_schema()
    definitions = schema["$defs"]
    options: dict[str, Any] = {}
    for name, protocol in PROTOCOLS.items():
        found = protocol.options.model_json_schema(ref_template="#/$defs/{model}")
        definitions.update(found.pop("$defs", {}))
        options[name] = found
    schema["properties"]["protocols"] = {
        "description": "Options of each protocol; those of the others are checked but not used.",
        "type": "object",
        "properties": options,
        "additionalProperties": False,
    }
    schema["properties"]["protocol"]["enum"] = list(PROTOCOLS)
    definitions["NodeModel"]["properties"]["place"]["enum"] = list(all_places(PROTOCOLS.values()))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def text() -> str:
    """Return the schema as it stands in its file."""
    return json.dumps(topology_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(text(), encoding="utf-8")
