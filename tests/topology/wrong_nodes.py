"""Ways to get nodes and domains wrong."""

from __future__ import annotations

from sound_topology import CN, HOME, LAST_LINK, LMA, MAG2, MN1, WEST

# What the file has, what stands there instead (its last line is at fault), the key, the words.
WRONG_NODES = {
    "unknown key": (CN, "  cn: {place: correspondent, domian: home}", "nodes.cn.domian", "domain?"),
    "missing key": (MN1, "  mn1: {domain: home}", "nodes.mn1.place", "`place` is missing"),
    "bad name": (MN1, "  1mn: {place: mobile}", "nodes.1mn", "is no name"),
    "too long a domain name": (
        HOME,
        f"{HOME}\n  {'d' * 33}: {{prefix: '2001:db8:77::/48'}}",
        f"domains.{'d' * 33}",
        ": should have at most 32 characters, not 'ddd",
    ),
    "duplicate identifier": (
        MN1,
        '  mn2: {place: mobile, identifier: a}\n  mn1: {place: mobile, identifier: "a"}',
        "nodes.mn1.identifier",
        "duplicate name: 'a' is mn2 already",
    ),
    "identifier too long to send": (
        MN1,
        f"  mn1: {{place: mobile, identifier: {'ä' * 127}}}",
        "nodes.mn1.identifier",
        "has 254 octets as UTF-8: 1 to 253 can be sent",
    ),
    "identifier of two lines": (
        MN1,
        '  mn1: {place: mobile, identifier: "a\\nb"}',
        "nodes.mn1.identifier",
        "is no identifier: write it like mn1@home",
    ),
    "no identifier": (
        MN1,
        '  mn1: {place: mobile, identifier: ""}',
        "nodes.mn1.identifier",
        "has 0 octets",
    ),
    "unknown domain": (
        MAG2,
        "  mag2: {place: access-router, domain: wets}",
        "nodes.mag2.domain",
        "west?",
    ),
    "no domain": (MAG2, "  mag2: {place: access-router}", "nodes.mag2", "needs a `domain`"),
    "unknown place": (
        MAG2,
        "  mag2: {place: acess-router, domain: west}",
        "nodes.mag2.place",
        "access-router?",
    ),
    "key for mobiles": (
        CN,
        "  cn: {place: correspondent, anchor: lma}",
        "nodes.cn.anchor",
        "is for mobiles",
    ),
    "unknown anchor": (
        MN1,
        "  mn1: {place: mobile, anchor: lm}",
        "nodes.mn1.anchor",
        "did you mean lma?",
    ),
    "no anchor": (MN1, "  mn1: {place: mobile, anchor: cn}", "nodes.mn1.anchor", "cn is no anchor"),
    "unknown role": (
        MAG2,
        "  mag2: {place: access-router, domain: west, role: maag}",
        "nodes.mag2.role",
        "unknown role of pmipv6 'maag': did you mean mag?",
    ),
    "unknown role for a protocol": (
        MAG2,
        "  mag2: {place: access-router, domain: west, role: {pmipv6: dhp}}",
        "nodes.mag2.role.pmipv6",
        "unknown role of pmipv6 'dhp'",
    ),
    "gateway that forwards nothing": (
        CN,
        "  cn: {place: correspondent, domain: home, role: mag}",
        "nodes.cn.role",
        "only a router can play the role mag, and cn is none",
    ),
    "mobile as a gateway": (
        MN1,
        "  mn1: {place: mobile, role: mag}",
        "nodes.mn1.role",
        "only a router can play the role mag, and mn1 is none",
    ),
    "role for an unknown protocol": (
        MAG2,
        "  mag2: {place: access-router, domain: west, role: {pmipv7: mag}}",
        "nodes.mag2.role.pmipv7",
        "unknown protocol 'pmipv7': did you mean",
    ),
    "unknown role for another protocol": (
        MAG2,
        "  mag2: {place: access-router, domain: west, role: {mipv6: mag}}",
        "nodes.mag2.role.mipv6",
        "unknown role of mipv6 'mag': ",
    ),
    "wrong role of an anchor": (
        f"{LMA}\n{CN}",
        f"{LMA[:-1]}, role: none}}\n{CN}",
        "nodes.mn1.anchor",
        "needs an anchor with the role lma",
    ),
    "unreachable router": (f"{LAST_LINK}\n", "", "nodes.mag2", "unreachable node: no links lead"),
    "unreachable host": (
        "  - {ends: [cn, lma]}\n",
        "",
        "nodes.cn",
        "has no link: add one under `links`, such as `- {ends: [cn, lma]}`",
    ),
    "host without link or domain": (
        CN,
        f"{CN}\n  pc: {{place: correspondent}}",
        "nodes.pc",
        "has no link: add one under `links`, such as `- {ends: [pc, lma]}`",
    ),
    "router without link or domain": (
        CN,
        f"{CN}\n  hub: {{place: router}}",
        "nodes.hub",
        "has no link: add one under `links`, such as `- {ends: [hub, lma]}`",
    ),
    "too long a node name": (MN1, "  mobile-nod: {place: mobile}", "nodes.mobile-nod", "at most 9"),
    "too long an interface name": (
        MN1,
        "  mn1: {place: mobile, interfaces: {wireless-lan: {}}}",
        "nodes.mn1.interfaces.wireless-lan",
        "more than 15 characters",
    ),
    "unknown technology": (
        MN1,
        "  mn1: {place: mobile, interfaces: {wlan0: {technology: wlna}}}",
        "nodes.mn1.interfaces.wlan0.technology",
        "did you mean wlan?",
    ),
    "overlapping prefixes": (
        WEST,
        '  west: {prefix: "2001:db8:1:8000::/49"}',
        "domains.west.prefix",
        "overlaps 2001:db8:1::/48 of the domain home",
    ),
    "no prefix": (WEST, "  west: {prefix: 10.0.0.0/8}", "domains.west.prefix", "is no IPv6 prefix"),
    "bits beyond the length": (
        WEST,
        '  west: {prefix: "2001:db8:2::1/48"}',
        "domains.west.prefix",
        "did you mean 2001:db8:2::/48?",
    ),
    "multicast prefix": (WEST, '  west: {prefix: "ff00::/8"}', "domains.west.prefix", "unicast"),
    "prefix too small for a pool": (
        HOME,
        '  home: {prefix: "2001:db8:1::/64"}',
        "domains.home.prefix",
        "prefix too small: a /64 has no pools of home addresses",
    ),
    "prefix too small for links": (
        HOME,
        '  home: {prefix: "2001:db8:1::/63"}',
        "domains.home.prefix",
        "prefix too small: a /63 has 0 networks for links",
    ),
    "prefix too small for anything": (
        WEST,
        '  west: {prefix: "2001:db8:2::/112"}',
        "domains.west.prefix",
        "longer than a /64",
    ),
    "no address": (
        CN,
        "  cn: {place: correspondent, address: cn}",
        "nodes.cn.address",
        "is no IPv6 address",
    ),
    "address of another domain": (
        CN,
        '  cn: {place: correspondent, domain: home, address: "2001:db8:2::5"}',
        "nodes.cn.address",
        "is not in 2001:db8:1::/48",
    ),
    "address of a pool": (
        CN,
        '  cn: {place: correspondent, domain: home, address: "2001:db8:1:8000::5"}',
        "nodes.cn.address",
        "upper half",
    ),
    "address taken": (
        f"{LMA}\n{CN}",
        '  lma: {place: anchor, domain: home, address: "2001:db8:1::5"}\n'
        '  cn: {place: correspondent, domain: home, address: "2001:db8:1::5"}',
        "nodes.cn.address",
        "is the address of lma already",
    ),
    "host among the routers' addresses": (
        CN,
        '  cn: {place: correspondent, address: "2001:db8:1::99"}',
        "nodes.cn.address",
        "is for the routers' own addresses",
    ),
    "hosts of two links in one network": (
        CN,
        '  cn2: {place: correspondent, domain: home, address: "2001:db8:1:1::8"}\n'
        '  cn: {place: correspondent, address: "2001:db8:1:1::9"}',
        "nodes.cn.address",
        "2001:db8:1:1::/64 is for cn2",
    ),
    "address of a mobile": (
        MN1,
        '  mn1: {place: mobile, address: "::1"}',
        "nodes.mn1.address",
        "`prefixes`",
    ),
    "home prefix of another pool": (
        MN1,
        '  mn1: {place: mobile, interfaces: {eth0: {prefixes: ["2001:db8:2::/64"]}}}',
        "nodes.mn1.interfaces.eth0.prefixes[0]",
        "is not in 2001:db8:1:8000::/49, the pool of lma",
    ),
    "home prefix that is no /64": (
        MN1,
        '  mn1: {place: mobile, interfaces: {eth0: {prefixes: ["2001:db8:1:8000::/60"]}}}',
        "nodes.mn1.interfaces.eth0.prefixes[0]",
        "is no /64",
    ),
}
