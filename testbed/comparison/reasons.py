"""Why a column's figure is what it is, read from its other figures."""

from __future__ import annotations

from testbed.comparison.facts import REGULAR
from testbed.comparison.messages import PURPOSES, is_mobility, purpose
from testbed.comparison.standing import ANCHOR, LOST, STRETCH
from testbed.comparison.summary import Line, Summary
from testbed.evidence.drawing.bars import WORDS
from testbed.evidence.phases import PHASES

KEEPS = 0.5  # of the packets that fall into a silence: from here on, somebody must have kept them
SHORT = 0.002  # s: phases below are not worth a word


def why_lost(each: Summary) -> str:
    """Return what became of the packets that were sent while a mobile was out of reach."""
    lost, missed = each.run(LOST.name), each.run("packets in silences")
    if lost is None or missed is None or not missed.mean or lost.mean is None:
        return ""
    name, kept = each.column.label, 1 - lost.mean / missed.mean
    in_silence = f"Under {name} {missed.mean:.0f} packets were due in the silences at moves"
    if kept >= KEEPS and lost.mean < missed.mean:
        late = f"{missed.mean - lost.mean:.0f} of them came late, not never"
        return f"{in_silence}; {late}: they were kept where the mobile had been, and sent on."
    whose = _mostly(each, lost.mean)
    return f"{in_silence}, and {lost.mean:.0f} were lost{whose}: nobody keeps what comes meanwhile."


def _mostly(each: Summary, lost: float) -> str:
    """Name the flow that lost more than half of the packets."""
    flows = each.column.runs[0].document["flows"]
    regular = {flow["name"] for flow in flows if flow["kind"] in REGULAR}
    of_flows = {
        line.key.subject: line.mean or 0.0
        for line in each.about("flow")
        if line.key.metric == LOST.name and not line.key.direction and line.key.subject in regular
    }
    for name, count in of_flows.items():
        if count > lost / 2 and len(of_flows) > 1:
            return f", {count:.0f} of them of the flow {name}"
    return ""


def why_signals(each: Summary) -> str:
    """Return which messages a move takes, and what for."""
    groups: dict[str, list[Line]] = {}
    moves = each.about("move")
    for line in moves or [one for one in each.about("message") if one.key.metric == "count"]:
        if line.mean and is_mobility(line.key.subject):
            groups.setdefault(purpose(line.key.subject), []).append(line)
    if not groups:
        return ""
    sums = {name: sum(line.mean or 0.0 for line in lines) for name, lines in groups.items()}
    parts = [
        f"{sums[name]:.1f} messages to {PURPOSES[name]} ({_named(groups[name])})"
        for name in sorted(sums, key=lambda name: -sums[name])
    ]
    what = "A move" if moves else "A run"
    return f"{what} under {each.column.label} takes {'; '.join(parts)}."


def _named(lines: list[Line]) -> str:
    return ", ".join(line.key.subject for line in sorted(lines, key=lambda one: -(one.mean or 0)))


def why_silent(each: Summary) -> str:
    """Return which phases a handover is made of."""
    phases = {line.key.subject: line.mean or 0.0 for line in each.about("phase")}
    known = [(name, phases[name]) for name in PHASES if phases.get(name, 0.0) >= SHORT]
    known = [(name, took) for name, took in known if name in WORDS]
    if not known:
        return ""
    parts = [f"{WORDS[name]} {took * 1000:.0f} ms" for name, took in known]
    return f"A handover under {each.column.label}, phase by phase: {', '.join(parts)}."


def why_far(each: Summary) -> str:
    """Return what leads packets away from the shortest path."""
    stretch, anchor = each.run(STRETCH.name), each.run(ANCHOR.name)
    if stretch is None or stretch.mean is None:
        return ""
    name = each.column.label
    if stretch.mean < 1.1:
        passes = " and pass no anchor" if anchor and anchor.mean == 0 else ""
        return f"Packets of {name} go straight{passes}."
    passes = (
        f": the anchor handles {anchor.mean:,.0f} data packets" if anchor and anchor.mean else ""
    )
    return f"Packets of {name} cross {stretch.mean:.2f} times the links that they need{passes}."
