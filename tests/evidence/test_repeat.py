import json

import pytest
from evidence_world import PATH2, UDP, build, handover_events, travel

from testbed.evidence.repeat import figure, student_t, summarise, write_summary
from testbed.evidence.result import measure


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.7062), (4, 2.7764), (8, 2.3060), (9, 2.2622), (14, 2.1448), (29, 2.0452), (99, 1.9842)],
)
def test_student_t_agrees_with_the_printed_tables(freedom, quantile):
    assert student_t(freedom) == pytest.approx(quantile, abs=1e-4)


def test_a_figure_has_mean_interval_and_percentiles():
    found = figure([3.0, 1.0, None, 2.0])
    assert (found["n"], found["mean"], found["deviation"], found["p50"]) == (3, 2.0, 1.0, 2.0)
    assert found["ci95"] == pytest.approx(4.302653 / 3**0.5)
    assert found["p90"] == pytest.approx(2.8)


def test_a_figure_that_no_run_has_is_empty_and_one_run_has_no_interval():
    assert figure([None])["mean"] is None
    assert figure([None])["n"] == 0
    assert figure([4.0])["ci95"] is None


def run(latency):
    events = handover_events()
    seen = [s for n in range(200) for s in travel(UDP, n, 0.6 + n / 100, hop=0.001)]
    came = [s for n in (0, 1) for s in travel(UDP, 140 + n, 2.101 + latency + n, PATH2, hop=0.0)]
    late = [s for s in seen if s.at < 2.0] + came
    return measure(build(UDP), late, events, {"packets": 1, "dropped": 0}, "simulated").document


def test_runs_are_laid_side_by_side(tmp_path):
    summary = summarise([run(0.01), run(0.03), run(0.02)])
    (handover,) = summary["handovers"]
    assert (handover["node"], handover["to"], summary["runs"]) == ("mn1", "wlan2", 3)
    assert handover["latency"]["mean"] == 0.02
    assert handover["latency"]["p50"] == 0.02
    assert handover["durations"]["link_up"]["mean"] == 0.1
    assert handover["durations"]["solicited"]["n"] == 0
    assert handover["interruption"]["voice"]["down"]["n"] == 3
    assert summary["all_handovers"]["latency"]["n"] == 3
    assert summary["flows"][0]["lost"]["mean"] == 0
    write_summary(summary, tmp_path)
    assert json.loads((tmp_path / "statistics.json").read_text()) == summary
