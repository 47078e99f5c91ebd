"""A network whose mobiles have several interfaces; its options go into the third line."""

from __future__ import annotations

NETWORK = """\
protocol: flowbinding
protocols:
  flowbinding: {%s}
domains:
  home: {prefix: "2001:db8:1::/48"}
  away: {prefix: "2001:db8:2::/48"}
nodes:
  lma: {place: anchor, domain: home}
  mag1: {place: access-router, domain: away}
  mag2: {place: access-router, domain: away}
  cn: {place: correspondent, domain: home}
  mn1:
    place: mobile
    interfaces: {lte0: {technology: 3gpp}, wlan0: {technology: wlan}}
  mn2: {place: mobile}
links:
  - {ends: [cn, lma]}
  - {ends: [lma, mag1], mtu: 1600}
  - {ends: [lma, mag2], mtu: 1600}
access:
  cell: {router: mag1, technology: 3gpp, rate: 8Mbit/s, mtu: 1600}
  hotspot: {router: mag2, technology: wlan, rate: 6Mbit/s, mtu: 1600}
  annex: {router: mag2, technology: wlan, rate: 2Mbit/s}
  cable: {router: mag2}
flows:
  call: {kind: udp, from: mn1, to: cn, direction: both, service: voip, traffic_class: 0xb8}
  fetch: {kind: tcp, from: mn1, to: cn, direction: down, service: p2p}
  push: {kind: tcp, from: cn, to: mn1, service: p2p}
  look: {kind: ping, from: cn, to: mn1, service: p2p}
  late: {kind: udp, from: cn, to: mn1, interface: wlan0}
  run: {kind: command, from: cn, to: mn1, command: "true", service: p2p}
"""
