"""What ``result.json`` looks like, said once: for its JSON schema, for type checkers, for tests.

``python -m testbed.evidence.schema`` prints the schema. Times are in seconds, from when the run was
ready; sizes in octets. ``docs/results.md`` says what each key means.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """A part of a result: it has these keys, all of them, and no others."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Span(Part):
    """The first and the last frame of the capture, and a display filter that finds all."""

    first: int
    last: int
    filter: str


class Frames(Part):
    """The frames of what is named, and a display filter that finds them."""

    frames: dict[str, int]
    filter: str


class HandoverFrames(Frames):
    """Also, by flow and direction, the frames of the two packets around each interruption."""

    interruption: dict[str, dict[str, tuple[int, int] | None]]


class Filter(Part):
    """A display filter."""

    filter: str


class Cost(Part):
    """What messages of one kind have cost."""

    message: str
    count: int
    bytes: int
    byte_hops: int


class Signalling(Cost):
    """The same for the whole run, with where it was read."""

    where: Span | None


class Phases(Part):
    """When each phase of a move was reached, or how long it took."""

    link_down: float | None
    link_up: float | None
    solicited: float | None
    care_of_usable: float | None
    query_sent: float | None
    query_answered: float | None
    binding_sent: float | None
    binding_acknowledged: float | None
    route_installed: float | None
    first_packet: float | None


class Interruption(Part):
    """The longest silence in each direction of a flow that touches a handover."""

    down: float | None
    up: float | None


class Move(Part):
    """An interface came to an access link: a handover, or where ``from`` is null its attachment."""

    node: str
    interface: str
    origin: str | None = Field(alias="from")
    to: str
    at: float
    phases: Phases
    durations: Phases
    latency: float | None
    latency_after_care_of: float | None
    first_packets: dict[str, float]
    interruption: dict[str, Interruption]
    signalling: list[Cost]
    where: HandoverFrames | None


class Query(Part):
    """A gateway asked where a mobile is."""

    node: str | None
    address: str
    asker: str
    sent_at: float
    tries: int
    answered_at: float | None
    answered_by: str | None
    status: int | None
    found_at: str | None
    delay: float | None
    where: Frames | None


class Spread(Part):
    """Of many values."""

    min: float | None
    median: float | None
    p95: float | None
    max: float | None


class Way(Part):
    """What became of packets, how far they went and what tunnels added to them."""

    sent: int
    received: int
    lost: int
    duplicated: int
    reordered: int
    unsent: int
    first_delay: float | None
    delay: Spread
    hops: int | None
    shortest_hops: int | None
    stretch: float | None
    shortest_delay: float | None
    stretch_delay: float | None
    tunnel_bytes: int
    extension_bytes: int
    overhead: float | None


class Direction(Way):
    """One direction of a flow."""

    bytes: int
    throughput: int | None


class Directions(Part):
    """Towards the mobile and from it."""

    down: Direction
    up: Direction


class Flow(Way):
    """A flow, both directions together."""

    name: str
    kind: Literal["ping", "udp", "tcp", "command"]
    origin: str = Field(alias="from")
    to: str
    round_trip: Spread | None
    where: Span | None
    directions: Directions
    service: str | None
    source_address: str
    destination_address: str
    address: str | None
    via: str | None
    proxy: str | None
    moves: int
    ended: str | None
    status: int | None
    succeeded: bool | None


class FlowMove(Part):
    """A direction of a flow went over from one interface of a mobile to another."""

    flow: str
    node: str
    direction: Literal["down", "up"]
    origin: str = Field(alias="from")
    to: str
    at: float
    cause: str | None
    requested_at: float | None
    duration: float | None
    bound: float | None
    waited: float | None
    ratio: float | None
    delay_before: float | None
    delay_after: float | None
    difference: float
    lost: int
    lost_on_old_link: int
    reordered: int
    reordered_beyond: int
    late_by: float
    where: Frames | None


class Load(Part):
    """What came in at a node or began there."""

    node: str
    role: str
    data_packets: int
    data_bytes: int
    data_share: float | None
    signalling_packets: int
    signalling_bytes: int
    where: Filter | None


class Drop(Part):
    """Messages that an agent did not act upon."""

    node: str
    reason: str
    count: int


class Captures(Part):
    """How many packets were captured, and how many the captures dropped."""

    packets: int
    dropped: int


class Check(Part):
    """An expectation of the topology file, and what became of it."""

    expect: str
    value: Any
    holds: bool
    reason: str | None


class Document(Part):
    """The result of one run of dmm-testbed."""

    name: str
    protocol: str
    backend: Literal["emulated", "simulated"]
    seed: int
    duration: float
    attachments: list[Move]
    handovers: list[Move]
    queries: list[Query]
    flows: list[Flow]
    flow_moves: list[FlowMove]
    signalling: list[Signalling]
    nodes: list[Load]
    drops: list[Drop]
    captures: Captures
    checks: list[Check]


def schema() -> dict[str, Any]:
    """Return the JSON schema of ``result.json``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Document.model_json_schema(by_alias=True),
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
