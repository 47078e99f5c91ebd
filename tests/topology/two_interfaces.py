"""The network of a mobile with two interfaces, each with an access link of its own."""

TWO_INTERFACES = """
protocol: flowbinding
domains:
  home: {prefix: "2001:db8:1::/48"}
  away: {prefix: "2001:db8:2::/48"}
nodes:
  lma: {place: anchor, domain: home}
  mag1: {place: access-router, domain: away}
  mag2: {place: access-router, domain: away}
  cn: {place: correspondent, domain: home}
  mn1: {place: mobile, interfaces: {lte0: {technology: lte}, wlan0: {technology: wlan}}}
links:
  - {ends: [cn, lma], delay: 1ms}
  - {ends: [lma, mag1], delay: 10ms}
  - {ends: [lma, mag2], delay: 5ms}
access:
  cell: {router: mag1, technology: lte, delay: 20ms}
  hotspot: {router: mag2, technology: wlan, delay: 2ms, rate: 1Mbit/s}
"""
