"""The page of a comparison: whole in itself, right, and fit for a screen of any width."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner

from testbed.cli import group
from testbed.comparison.standing import MEASURES

PROTOCOLS = ("pmipv6", "spmip", "sdpmip", "romip")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
MEASURE_WIDTH = (
    "<script>document.title = document.documentElement.scrollWidth + '/' + innerWidth</script>"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compare four protocols by simulation; return what that leaves."""
    out = tmp_path_factory.mktemp("page") / "out"
    arguments = ["--simulate", "--protocols", ",".join(PROTOCOLS), "--repeat", "2"]
    said = CliRunner().invoke(group, ["compare", "comparison", *arguments, "--out", str(out)])
    assert said.exit_code == 0, said.output
    return out


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return (folder / "comparison.html").read_text(encoding="utf-8")


def whole_runs(folder: Path) -> dict[tuple[str, str], float]:
    """Return the means of whole runs by protocol and metric."""
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as stream:
        return {
            (row["protocol"], row["metric"]): float(row["mean"])
            for row in csv.DictReader(stream)
            if row["scope"] == "run" and row["mean"]
        }


def test_it_needs_nothing_but_itself(page: str) -> None:
    assert not re.findall(r"<(?:script|link|img|iframe)\b", page)
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page)
    assert "@import" not in page
    assert "url(" not in page


def test_its_charts_show_the_figures_of_the_summary(folder: Path, page: str) -> None:
    means = whole_runs(folder)
    for measure in MEASURES:
        for protocol in PROTOCOLS:
            shown = f"{protocol}: {measure.text(means[protocol, measure.name])} {measure.shown}"
            assert f"<title>{shown}</title>" in page


def test_its_first_answers_are_who_loses_least_and_who_signals_most(
    folder: Path, page: str
) -> None:
    means = whole_runs(folder)
    asked = re.findall(r'<h2>([^<]*\?)</h2>\s*<p class="first">([^<]*?)\s*<span>', page)
    least = min(PROTOCOLS, key=lambda name: means[name, "lost"])
    most = max(PROTOCOLS, key=lambda name: means[name, "messages"])
    assert asked[0][0] == "Which loses least?"
    assert least in asked[0][1]
    assert asked[1] == ("Which signals most?", most)


def test_why_one_signals_most_is_said_by_its_messages(page: str) -> None:
    text = unescape(page)
    assert re.search(r"A move under spmip takes [\d.]+ messages to ask where somebody is", text)
    assert "(ProxyBindingQuery, ProxyQueryAcknowledgement)" in text


def test_it_says_who_moved_and_what_was_sent(page: str) -> None:
    text = unescape(page)
    assert "mn1 and mn2 moved to another access link, 5 times in all; sent meanwhile: " in text
    assert "voip (udp, mn1 > cn)" in text


def test_why_one_loses_most_names_the_flow_that_does(folder: Path, page: str) -> None:
    means = whole_runs(folder)
    most = max(PROTOCOLS, key=lambda name: means[name, "lost"])
    said = re.search(
        rf"Under {most} \d+ packets were due in the silences at moves, and (\d+) were lost, "
        r"(\d+) of them of the flow (\w+)",
        unescape(page),
    )
    assert said is not None
    assert int(said[1]) == round(means[most, "lost"])
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as stream:
        (row,) = (
            each
            for each in csv.DictReader(stream)
            if (each["protocol"], each["metric"], each["subject"]) == (most, "lost", said[3])
            and not each["direction"]
        )
    assert int(said[2]) == round(float(row["mean"])) > int(said[1]) / 2


def test_answers_that_are_all_alike_name_nobody(folder: Path, tmp_path: Path) -> None:
    runs = []
    for name in ("one", "two", "three"):
        document = json.loads((folder / "pmipv6" / "1" / "result.json").read_text())
        (tmp_path / name).mkdir()
        (tmp_path / name / "result.json").write_text(json.dumps({**document, "name": name}))
        runs.append(str(tmp_path / name))
    said = CliRunner().invoke(group, ["compare", *runs, "--out", str(tmp_path / "out")])
    assert "Which loses least? all alike: " in said.output
    page = (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    assert re.search(r'<p class="first">all alike <span>', page)


def test_packets_that_were_lost_can_be_followed(page: str) -> None:
    commands = re.findall(
        r"lost most \(\w+, (\d+)\):</p><pre>dmm-testbed (trace [^<]+ --lost)</pre>", unescape(page)
    )
    assert len(commands) >= 2
    count, command = commands[0]
    said = CliRunner().invoke(group, command.split())
    assert said.exit_code == 0, said.output
    assert f"lost: {count} of " in said.output
    assert ": lost " in said.output


def test_every_link_leads_somewhere(folder: Path, page: str) -> None:
    names = set(re.findall(r'\bid="([^"]+)"', page))
    links = {unescape(each) for each in re.findall(r'href="([^"]+)"', page)}
    assert len(links) > 2 * len(PROTOCOLS)
    for link in links:
        file, _, part = link.partition("#")
        there = names if not file else set()
        if file:
            text = (folder / file).read_text(encoding="utf-8")
            there = set(re.findall(r'\bid="([^"]+)"', text))
        assert not part or part in there, link


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")
@pytest.mark.parametrize("width", [500, 1200])
def test_it_fits_a_screen(folder: Path, tmp_path: Path, page: str, width: int) -> None:
    assert CHROMIUM is not None
    measured = tmp_path / "measured.html"
    measured.write_text(page.replace("</body>", f"{MEASURE_WIDTH}</body>"), encoding="utf-8")
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    size = f"--window-size={width},900"
    command = [CHROMIUM, *QUIET, profile, size, "--dump-dom", f"file://{measured}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r"<title>(\d+)/(\d+)</title>", done.stdout)
    assert found is not None
    assert int(found[1]) <= int(found[2])
