"""What must hold of a message besides its name to be a step of a figure."""

from __future__ import annotations

from agents.wire.options import AlternativeInterfaceIndicator, HandoffIndicator
from testbed.evidence.ladder.rung import Rung

_REFUSED = 128  # the first status that is no acceptance (RFC 6275 §6.1.8)
_NOT_CHANGED = 5  # handoff state not changed (RFC 5213 §8.4)


def registers(rung: Rung) -> bool:
    """A Binding Update that asks for a binding."""
    return bool(rung.message.lifetime > 0)


def releases(rung: Rung) -> bool:
    """A Binding Update that asks for its end, or the acknowledgement of one."""
    return bool(rung.message.lifetime == 0)


def accepts(rung: Rung) -> bool:
    """An acknowledgement, but no refusal."""
    return bool(rung.message.status < _REFUSED)


def grants(rung: Rung) -> bool:
    """An acknowledgement of a binding that now is."""
    return accepts(rung) and registers(rung)


def ends(rung: Rung) -> bool:
    """An acknowledgement of a binding that is no more."""
    return accepts(rung) and releases(rung)


def tunnelled(rung: Rung) -> bool:
    """A packet inside of another."""
    return rung.depth > 0


def tunnelled_twice(rung: Rung) -> bool:
    """A packet with two headers around it."""
    return rung.depth > 1


def bare(rung: Rung) -> bool:
    """A packet without a header around it."""
    return rung.depth == 0


def of_flows(rung: Rung) -> bool:
    """A registration with an option that names flows, or its acknowledgement."""
    options = getattr(rung.message, "options", ())
    return any("FlowIdentification" in type(option).__name__ for option in options)


def of_interfaces(rung: Rung) -> bool:
    """A message that tells of another interface of the node."""
    options = getattr(rung.message, "options", ())
    return any(isinstance(option, AlternativeInterfaceIndicator) for option in options)


def of_a_node(rung: Rung) -> bool:
    """A registration that names no flows and begins a binding, or its acknowledgement."""
    options = rung.message.options
    renewed = any(
        isinstance(each, HandoffIndicator) and each.value == _NOT_CHANGED for each in options
    )
    return not of_flows(rung) and not renewed
