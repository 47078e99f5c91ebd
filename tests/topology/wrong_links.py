"""Ways to get links, access links, protocols and the rest of a file wrong."""

from __future__ import annotations

from sound_topology import LAST_LINK, LIFETIME, LINK, MN1, MOVE, WLAN2

# What the file has, what stands there instead (its last line is at fault), the key, the words.
WRONG_LINKS = {
    "unknown key at the top": ("seed: 1", "sed: 1", "sed", "did you mean seed?"),
    "unknown key of a link": (
        LINK,
        "  - {ends: [lma, mag1], dellay: 1}",
        "links[1].dellay",
        "delay?",
    ),
    "no list": (LINK, "  - {ends: lma}", "links[1].ends", "valid list"),
    "too short a list": (LINK, "  - {ends: [lma]}", "links[1].ends", "at least 2 items"),
    "text for a number": ("seed: 1", "seed: one", "seed", "should be a whole number, not 'one'"),
    "duplicate name": (MN1, "  cn: {place: mobile}", "cn", "duplicate name: line 12 has it"),
    "duplicate link": (LAST_LINK, "  - {ends: [lma, mag1]}", "links[2]", "duplicate name"),
    "link named as an access link": (
        WLAN2,
        "  lma-mag1: {router: mag2}",
        "access.lma-mag1",
        "duplicate name",
    ),
    "unknown node in a link": (LINK, "  - {ends: [lma, mag11]}", "links[1].ends[1]", "mag1?"),
    "link to itself": (LINK, "  - {ends: [lma, lma]}", "links[1].ends", "both ends are lma"),
    "link to a mobile": (LINK, "  - {ends: [lma, mn1]}", "links[1].ends[1]", "mn1 is a mobile"),
    "second link of a host": (
        LINK,
        "  - {ends: [mag1, cn]}",
        "links[1].ends[1]",
        "has a link already",
    ),
    "wrong role at an access link": (
        WLAN2,
        "  wlan2: {router: lma, technology: wlan}",
        "access.wlan2.router",
        "needs the role mag here, and lma has lma",
    ),
    "access at a host": (WLAN2, "  wlan2: {router: cn}", "access.wlan2.router", "does not forward"),
    "too long a name of an access link": (
        WLAN2,
        "  wireless-upstair: {router: mag2}",
        "access.wireless-upstair",
        "at most 15 characters",
    ),
    "access at nobody": (
        WLAN2,
        "  wlan2: {router: mag3}",
        "access.wlan2.router",
        "did you mean mag2?",
    ),
    "negative delay": (
        LINK,
        "  - {ends: [lma, mag1], delay: -1ms}",
        "links[1].delay",
        "impossible delay",
    ),
    "endless delay": (
        LINK,
        "  - {ends: [lma, mag1], delay: 1h}",
        "links[1].delay",
        "impossible delay",
    ),
    "jitter beyond delay": (
        LINK,
        "  - {ends: [lma, mag1], delay: 1ms, jitter: 2ms}",
        "links[1].jitter",
        "impossible delay: jitter",
    ),
    "unit of time": (LINK, "  - {ends: [lma, mag1], delay: 10 msec}", "links[1].delay", "10ms"),
    "unit of rate": (LINK, "  - {ends: [lma, mag1], rate: 10 MB/s}", "links[1].rate", "20Mbit/s"),
    "no rate": (LINK, "  - {ends: [lma, mag1], rate: 0}", "links[1].rate", "more than 0"),
    "unit of loss": (LINK, "  - {ends: [lma, mag1], loss: 3 permille}", "links[1].loss", "1%"),
    "loss beyond all": (LINK, "  - {ends: [lma, mag1], loss: 2}", "links[1].loss", "impossible"),
    "mtu below that of IPv6": (LINK, "  - {ends: [lma, mag1], mtu: 576}", "links[1].mtu", "1280"),
    "unknown protocol": ("protocol: pmipv6", "protocol: pmipv4", "protocol", "mean pmipv6?"),
    "options of an unknown protocol": (
        f"  pmipv6:\n{LIFETIME}",
        "  pmipv4: {}",
        "protocols.pmipv4",
        "did you mean pmipv6?",
    ),
    "unknown option": (LIFETIME, "    lifetme: 60s", "protocols.pmipv6.lifetme", "lifetime?"),
    "impossible option": (
        LIFETIME,
        "    lifetime: 1s",
        "protocols.pmipv6.lifetime",
        "impossible lifetime",
    ),
    "option beyond its choices": (
        LIFETIME,
        "    ordering: tme",
        "protocols.pmipv6.ordering",
        "'timestamp'",
    ),
    "key of no octets": (
        LIFETIME,
        "    authentication: {spi: 1000, key: xyz}",
        "protocols.pmipv6.authentication.key",
        "hexadecimal",
    ),
    "broken YAML": (MOVE, "  - {at: 5s, move: mn1]", "", "not YAML"),
}
