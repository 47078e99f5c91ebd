"""Flows of the world of DMIPv6 that several tests open, and what they ask about them."""

from __future__ import annotations

from typing import Any

from dmipv6_nodes import ADDRESS
from dmipv6_world import World
from pmipv6_world import START

from agents.wire.address import Address

A, B = ADDRESS["cn-a"], ADDRESS["cn-b"]
A1, A2, B1 = ADDRESS["a1"], ADDRESS["a2"], ADDRESS["b1"]
ELSEWHERE = ADDRESS["elsewhere"]
WAYS = {"call": (A, "a1"), "video": (B, "optimized"), "far": (ELSEWHERE, "ha")}
DISCOVERIES = ("anycast", "multicast", "server-active", "server-passive", "correspondent")


def opened(world: World, flow: str, destination: Address, **more: Any) -> dict[str, Any]:
    """Open a flow, which must succeed, and return what its program is told."""
    reply = world.open(flow, destination, **more)
    assert isinstance(reply, dict) and "error" not in reply, world.story()
    return reply


def four_flows(world: World) -> dict[str, Address]:
    """Open the four flows of the draft's idea: over two home proxies, the home agent, and none."""
    world.ready()
    replies = {
        "call": opened(world, "call", A, service="voip", wait=1),
        "video": opened(world, "video", B, service="video", port=99, wait=1),
        "far": opened(world, "far", ELSEWHERE, wait=1),
        "page": opened(world, "page", B, service="web", protocol=6, port=1234, wait=1),
    }
    return {name: Address.parse(reply["source"]) for name, reply in replies.items()}


def assert_three_work(world: World, sources: dict[str, Address]) -> None:
    """All but the one from the care-of address go on."""
    for name, (peer, way) in WAYS.items():
        world.assert_works(sources[name], peer, way)


def updates(world: World, agent: Address, since: float) -> list[Any]:
    """The Binding Updates to ``agent`` from ``since`` on, in seconds of the world's time."""
    return [s for s in world.messages("BindingUpdate", since=since) if s.destination == agent]


def elapsed(world: World) -> float:
    return world.now - START


def ended(world: World) -> dict[str, str]:
    """Why flows have ended."""
    return {each["flow"]: each["why"] for each in world.records("flow_ended")}
