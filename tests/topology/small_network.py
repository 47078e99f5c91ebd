"""The smallest network in which a mobile moves while it is pinged."""

SMALL = """
name: small
protocol: pmipv6
domains:
  home: {prefix: "2001:db8:1::/48"}
  away: {prefix: "2001:db8:2::/48"}
nodes:
  lma: {place: anchor, domain: home}
  cn: {place: correspondent, domain: home}
  mag1: {place: access-router, domain: away}
  mag2: {place: access-router, domain: away}
  mn1: {place: mobile, anchor: lma}
links:
  - {ends: [cn, lma], delay: 1ms}
  - {ends: [lma, mag1], delay: 4ms}
  - {ends: [lma, mag2], delay: 6ms}
access:
  wlan1: {router: mag1, delay: 2ms}
  wlan2: {router: mag2, delay: 2ms}
flows:
  ping: {kind: ping, from: cn, to: mn1, interval: 10ms}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 1, start: ping}
  - {at: 2, move: mn1, to: wlan2, gap: 20ms}
  - {at: 3, stop: ping}
"""
