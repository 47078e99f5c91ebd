import json
import re
from pathlib import Path

import pytest
from evidence_world import PATH2, UDP, build, handover_events, travel
from pydantic import ValidationError

from testbed.evidence.measure import as_json, measure
from testbed.evidence.schema import Document, schema

DOCS = Path(__file__).parents[2] / "docs"


def document():
    seen = [
        each
        for n in range(300)
        for each in travel(UDP, n, 1 + n / 100, **({"path": PATH2} if n > 105 else {}))
    ]
    counts = {"packets": len(seen), "dropped": 0}
    return measure(build(UDP), seen, handover_events(), counts, "emulated").document


def test_a_result_is_as_the_schema_says():
    found = Document.model_validate_json(as_json(document()))
    assert [each.origin for each in found.handovers] == ["wlan1"]
    assert found.flows[0].directions.down.received == 300


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found.update(surprise=1),
        lambda found: found.pop("nodes"),
        lambda found: found["flows"][0].update(lost="many"),
        lambda found: found["flows"][0]["directions"]["up"].pop("overhead"),
        lambda found: found["handovers"][0]["phases"].pop("link_up"),
    ],
)
def test_what_is_not_as_the_schema_says_is_refused(spoil):
    found = json.loads(as_json(document()))
    spoil(found)
    with pytest.raises(ValidationError):
        Document.model_validate_json(json.dumps(found))


def test_the_published_schema_is_current():
    published = json.loads((DOCS / "result.schema.json").read_text())
    assert published == schema(), "make docs"


def test_the_published_schema_has_the_names_of_the_file():
    move = schema()["$defs"]["Move"]
    assert {"from", "to"} <= set(move["properties"])
    assert move["additionalProperties"] is False


def _keys(part):
    for name, each in part.items():
        yield from each.get("properties", ()) if name != "Spread" else ()


def test_every_key_is_explained():
    published = schema()
    explained = " ".join(re.findall(r"`[^`]+`", (DOCS / "results.md").read_text()))
    words = set(re.findall(r"\w+", explained))
    keys = {*published["properties"], *_keys(published["$defs"])}
    assert keys - words == set()
