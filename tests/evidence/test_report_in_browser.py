"""The page of a run of each topology, as Chromium shows it."""

import re
from functools import cache
from pathlib import Path

import browser
import pytest

from testbed.evidence.measure import measure
from testbed.evidence.report import report
from testbed.protocols import load
from testbed.simulated.run import simulate

pytestmark = pytest.mark.skipif(
    browser.CHROMIUM is None, reason="no Chromium: vagrant/provision.sh --browser"
)
TOPOLOGIES = (
    "comparison",
    "dmipv6",
    "flow-binding",
    "mipv6",
    "mipv6-ro",
    "pmipv6",
    "pmipv6-many",
    "romip",
    "sdpmip",
    "spmip",
)
TOPOLOGIES_FOLDER = Path(__file__).parents[2] / "topologies"
LARGEST = 4_000_000  # octets of a page
WRITTEN = {
    "ms": lambda found: f"{found * 1000:.1f}",
    "s": lambda found: f"{found:.3f}",
    "%": lambda found: f"{found * 100:.1f}",
    "x": lambda found: f"{found:.2f}",
    "count": str,
}


def measured(network):
    run = simulate(network)
    return measure(network, run.sightings, run.events, run.captures, "simulated")


@cache
def played(topology):
    return measured(load(topology))


@cache
def page(topology):
    return report(played(topology))


def found_at(document, path):
    for key in path.split("/"):
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def shown(view):
    """What the page says at each path, and what it ought to say."""
    return {path: text.replace("\u202f", "") for path, (_, text) in view.figures.items()}


def due(document, view):
    found = {path: (unit, found_at(document, path)) for path, (unit, _) in view.figures.items()}
    return {
        path: "–" if value is None else WRITTEN[unit](value)
        for path, (unit, value) in found.items()
    }


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_a_page_says_what_the_result_does_and_fits_a_phone(topology, tmp_path):
    view = browser.look(page(topology), tmp_path, 390)
    document = played(topology).document
    assert list(view.console) == []
    assert view.width <= 390
    assert shown(view) == due(document, view)
    said = set(view.figures)
    for number, handover in enumerate(document["handovers"][:200]):
        assert f"handovers/{number}/latency" in said
        for flow in handover["interruption"]:
            assert f"handovers/{number}/interruption/{flow}/down" in said
    for number, _ in enumerate(document["flows"]):
        assert {f"flows/{number}/lost", f"flows/{number}/delay/median"} <= said
    assert {f"nodes/{n}/data_share" for n in range(len(document["nodes"]))} <= said
    assert {f"signalling/{n}/byte_hops" for n in range(len(document["signalling"]))} <= said
    for number, _ in enumerate(document["flow_moves"]):
        assert {f"flow_moves/{number}/{key}" for key in ("duration", "ratio", "lost")} <= said
    assert (list(view.flat), list(view.clipped), list(view.faint)) == ([], [], [])
    assert len(page(topology)) < LARGEST


@pytest.mark.parametrize("topology", ["comparison", "dmipv6", "flow-binding", "pmipv6-many"])
def test_a_page_is_dark_where_the_system_is_and_as_easy_to_read(topology, tmp_path):
    view = browser.look(page(topology), tmp_path, dark=True)
    light = browser.look(page(topology), tmp_path)
    brightness = [sum(map(int, re.findall(r"\d+", v.background))) for v in (view, light)]
    assert brightness[0] < 100 < 600 < brightness[1]
    assert (list(view.console), list(view.faint), list(view.clipped)) == ([], [], [])
    assert view.width <= 1100


@pytest.mark.parametrize("topology", ["flow-binding", "mipv6"])
def test_long_names_are_not_cut_off(topology, tmp_path):
    long = {
        "mn1": "laptop-11",
        "wlan1": "wlan-at-library",
        "wlan2": "wlan-at-station",
        "voip": "telephone-call-to-grandmother",
        "download": "download-of-installation-media",
    }
    text = (TOPOLOGIES_FOLDER / topology / "topology.yaml").read_text("utf-8")
    file = tmp_path / "long.yaml"
    file.write_text(re.sub(r"\b\w+\b", lambda word: long.get(word[0], word[0]), text), "utf-8")
    view = browser.look(report(measured(load(str(file)))), tmp_path)
    assert list(view.clipped) == []


def test_the_probe_sees_what_is_wrong(tmp_path):
    spoiled = (
        '<body style="background: white"><p style="color: #ccc">faint</p>'
        '<div style="width: 900px">wide</div><script>nothing()</script>'
        '<svg aria-label="cut" viewBox="0 0 99 99" style="width: 99px">'
        '<text x="90" y="50">too long</text></svg></body>'
    )
    view = browser.look(spoiled, tmp_path, 390)
    assert view.width > 390
    assert list(view.clipped) == ["cut: too long"]
    assert any("faint" in each for each in view.faint)
    assert any("nothing is not defined" in line for line in view.console)


def test_a_printed_page_shows_what_is_folded_away_on_a_screen(tmp_path):
    written = page("mipv6")
    sheets = [
        len(re.findall(rb"/Type\s*/Page\b", browser.print_pages(each, tmp_path)))
        for each in (
            written,
            re.sub(r'<details class="ladder">.*?</details>', "", written, flags=re.S),
        )
    ]
    assert 3 < sheets[0] < 30
    assert sheets[1] < sheets[0]
