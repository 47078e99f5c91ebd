"""What can happen to a message on its way: it is lost, copied, late or altered."""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

# How much later than the delay of the link each copy of a message arrives, in seconds.
FATES = {
    "lost": (),
    "twice": (0.0, 0.004),
    "twice, the second much later": (0.0, 3.0),
    "late": (0.13,),
    "very late": (2.5,),
}
PAUSES = st.sampled_from([0.0, 0.005, 0.011, 0.02, 0.2, 1.0, 7.0])
DELAYS = st.lists(st.lists(st.sampled_from([0.0, 0.001, 0.03, 0.4, 2.0]), max_size=2), max_size=24)


def bad_luck(chance: Random) -> tuple[float, ...]:
    """Draw a fate: one in four messages is lost, one in seven comes twice."""
    draw = chance.random()
    if draw < 0.25:
        return ()
    if draw < 0.4:
        return (chance.uniform(0, 0.05), chance.uniform(0, 1.0))
    return (chance.uniform(0, 0.6 if draw > 0.8 else 0.02),)


def mutated(octets: bytes, chance: Random) -> bytes:
    """Change up to four octets, or let the message end early, its length field adjusted."""
    data = bytearray(octets)
    for _ in range(chance.randrange(1, 5)):
        data[chance.randrange(6, len(data))] = chance.choice(
            (0, 1, 4, 8, 16, 255, chance.randrange(256))
        )
    if chance.random() < 0.2:
        data[1] = chance.randrange(1, data[1] + 1)
    return bytes(data)
