"""What docs/results.md says of pandas, done."""

import json
import re
from pathlib import Path

import pytest
from evidence_world import PATH2, UDP, build, handover_events, travel

from testbed.evidence.result import measure, write

pandas = pytest.importorskip("pandas")
PAGE = Path(__file__).parents[2] / "docs" / "results.md"


def snippets():
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, gap in (("a", 0.05), ("b", 0.1)):
        seen = [
            each
            for n in range(200)
            for each in travel(UDP, n, 1 + n / 100, **({"path": PATH2} if n > 115 else {}))
        ]
        counts = {"packets": len(seen), "dropped": 0}
        place = tmp_path / "results" / name
        place.mkdir(parents=True)
        write(measure(build(UDP), seen, handover_events(gap=gap), counts, "simulated"), place)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "results"


def test_the_line_loads_the_handovers_of_many_runs(folder, capsys):
    known = {}
    for snippet in snippets():
        exec(snippet, known)
    runs = known["runs"].sort_values("folder")
    assert list(runs["folder"]) == ["results/a", "results/b"]
    documents = [json.loads((folder / name / "result.json").read_text()) for name in "ab"]
    assert list(runs["latency"]) == [each["handovers"][0]["latency"] for each in documents]
    assert set(runs["run.protocol"]) == {"pmipv6"}
    assert list(known["packets"]["delay"].dropna()) == [0.004] * 200
    assert "pmipv6" in capsys.readouterr().out


def test_the_line_loads_what_else_has_rows(folder):
    line = snippets()[0]
    for kind, column in (("flows", "delay.p95"), ("nodes", "data_packets")):
        known = {}
        exec(line.replace('"handovers"', f'"{kind}"'), known)
        assert (known["runs"][column] > 0).any()
        assert set(known["runs"]["run.name"]) == {"small"}
