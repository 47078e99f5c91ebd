"""A small sound topology, and its lines by name for tests that spoil one of them."""

from __future__ import annotations

SOUND = """\
name: sound
protocol: pmipv6
protocols:
  pmipv6:
    lifetime: 60s
seed: 1
domains:
  home: {prefix: "2001:db8:1::/48"}
  west: {prefix: "2001:db8:2::/48"}
nodes:
  lma: {place: anchor, domain: home}
  cn: {place: correspondent, domain: home}
  mag1: {place: access-router, domain: west}
  mag2: {place: access-router, domain: west}
  mn1: {place: mobile}
links:
  - {ends: [cn, lma]}
  - {ends: [lma, mag1], delay: 10ms}
  - {ends: [lma, mag2], delay: 10ms}
access:
  wlan1: {router: mag1, technology: wlan}
  wlan2: {router: mag2, technology: wlan}
flows:
  ping: {kind: ping, from: cn, to: mn1}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 2s, start: ping}
  - {at: 5s, move: mn1, to: wlan2, gap: 50ms}
expect:
  - flows.ping.lost < 10
"""

LIFETIME = "    lifetime: 60s"
HOME = '  home: {prefix: "2001:db8:1::/48"}'
WEST = '  west: {prefix: "2001:db8:2::/48"}'
LMA = "  lma: {place: anchor, domain: home}"
CN = "  cn: {place: correspondent, domain: home}"
MAG2 = "  mag2: {place: access-router, domain: west}"
MN1 = "  mn1: {place: mobile}"
LINK = "  - {ends: [lma, mag1], delay: 10ms}"
LAST_LINK = "  - {ends: [lma, mag2], delay: 10ms}"
WLAN2 = "  wlan2: {router: mag2, technology: wlan}"
PING = "  ping: {kind: ping, from: cn, to: mn1}"
START = "  - {at: 2s, start: ping}"
MOVE = "  - {at: 5s, move: mn1, to: wlan2, gap: 50ms}"
EXPECT = "  - flows.ping.lost < 10"
