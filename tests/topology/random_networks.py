"""Connected topologies drawn from a seed."""

from __future__ import annotations

from random import Random


def random_topology(seed: int, routers: int, domains: int) -> str:
    """Return a connected network of routers with random delays, some with hosts."""
    chance = Random(seed)
    names = [f"r{index}" for index in range(routers)]
    lines = ["protocol: pmipv6", "domains:"]
    lines += [f"  d{index}: {{prefix: '2001:db8:{index + 1}::/48'}}" for index in range(domains)]
    lines += ["nodes:"]
    for name in names:
        place = chance.choice(["router", "anchor", "access-router"])
        lines.append(f"  {name}: {{place: {place}, domain: d{chance.randrange(domains)}}}")
    hosts = [name for name in names if chance.random() < 0.3]
    lines += [f"  h{name}: {{place: correspondent}}" for name in hosts]
    lines += ["links:"]
    lines += [f"  - {{ends: [h{name}, {name}]}}" for name in hosts]
    pairs = {(chance.randrange(index), index) for index in range(1, routers)}
    pairs |= {tuple(sorted(chance.sample(range(routers), 2))) for _ in range(routers // 2)}
    for one, other in sorted(pairs):
        delay = chance.choice([0, 1, 2, 5])
        lines.append(f"  - {{ends: [r{one}, r{other}], delay: {delay}ms}}")
    return "\n".join(lines)
