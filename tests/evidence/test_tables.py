from io import StringIO

from evidence_text import row, shown
from evidence_world import PING, UDP, build, event, expect, handover_events, travel
from rich.console import Console

from testbed.evidence.repeat import summarise
from testbed.evidence.result import measure
from testbed.evidence.summary_tables import print_summary
from testbed.evidence.tables import print_result, tables


def sample(dropped=0):
    seen = [s for n in range(300) for s in travel(UDP, n, 1 + n / 100, hop=0.001)]
    expectations = (expect("flows.voice.lost", "==", 0), expect("flows.none.lost", "==", 0))
    network = build(UDP, PING, expectations=expectations)
    events = [*handover_events(), event(4.0, "dropped", "lma", reason="unknown sender")]
    counts = {"packets": len(seen), "dropped": dropped}
    return measure(network, seen, events, counts, "simulated")


def test_the_tables_tell_what_the_result_holds():
    text = shown(print_result, sample())
    assert "small: pmipv6, simulated, seed 1" in text
    assert row(text, "wlan1 > wlan2")[-3:] == ["100.0", "103.0", "3.0"]
    assert row(text, "voice (udp)")[4:9] == ["mn1", "300", "300", "0", "0"]
    assert row(text, "unknown sender")[-1] == "1"
    assert "holds  flows.voice.lost == 0  (is 0)" in text
    assert "FAILS  flows.none.lost == 0  (flows has no none; it has voice, ping)" in text
    assert "dropped 0" in text
    assert "/results/small/1" in text


def test_eighty_characters_have_room_for_who_moved_though_there_are_all_phases():
    document = sample().document
    handover = document["handovers"][0]
    handover["phases"] = dict.fromkeys(handover["phases"], 2.001)
    console = Console(width=80, record=True, file=StringIO())
    for table in tables(document):
        console.print(table)
    lines = console.export_text().splitlines()
    first = next(line for line in lines if line.startswith("mn1 wlan1"))
    assert lines[lines.index(first) + 1].split() == ["wlan2"]
    assert first.split()[3:] == ["2.000", *["0.0"] * 9, "3.0"]


def test_packets_that_the_capture_dropped_are_said():
    assert "dropped 3" in shown(print_result, sample(dropped=3))


def test_the_summary_tells_the_mean_over_runs():
    summary = summarise([sample().document, sample().document])
    text = shown(print_summary, summary)
    assert "2 runs" in text
    assert row(text, "latency")[-7:] == ["2", "3.0", "0.0", *["3.0"] * 4]
    assert "FAILS  flows.none.lost == 0  (0 of 2 runs)" in text
