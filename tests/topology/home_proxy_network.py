"""A network with two domains of home proxies, and one without."""

from __future__ import annotations

NETWORK = """\
protocol: dmipv6
protocols: {dmipv6: {%s}}
domains:
  home: {prefix: "2001:db8:1::/48"}
  away: {prefix: "2001:db8:2::/48"}
  red: {prefix: "2001:db8:11::/48"}
  blue: {prefix: "2001:db8:12::/56"}
nodes:
  ha: {place: anchor, domain: home}
  ar1: {place: access-router, domain: away}
  r1: {place: router, domain: red}
  r2: {place: router, domain: red}
  dhp1: {place: home-proxy, domain: red}
  dhp2: {place: home-proxy, domain: red}
  dhp3: {place: home-proxy, domain: blue}
  cn1: {place: correspondent, domain: red}
  cn2: {place: correspondent, domain: red}
  cn3: {place: correspondent, domain: home}
  ms: {place: management-server, domain: red}
  ns1: {place: name-server, domain: blue}
  ns2: {place: name-server, domain: red}
  mn1: {place: mobile, interfaces: {wlan0: {technology: wlan}, lte0: {technology: lte}}}
  mn2: {place: mobile, role: none}
links:
  - {ends: [ha, ar1], delay: 9ms}
  - {ends: [ar1, dhp1], delay: 5ms}
  - {ends: [ar1, r2], delay: 2ms}
  - {ends: [dhp1, r1], delay: 2ms}
  - {ends: [r1, r2], delay: 3ms}
  - {ends: [r2, dhp2], delay: 2ms}
  - {ends: [ar1, dhp3], delay: 1ms}
  - {ends: [r1, cn1], delay: 1ms}
  - {ends: [dhp1, cn2]}
  - {ends: [dhp3, cn3]}
  - {ends: [r1, ms]}
  - {ends: [dhp3, ns1]}
  - {ends: [r2, ns2]}
access:
  wlan1: {router: ar1, technology: wlan}
  wlan2: {router: ha, technology: wlan}
  lte1: {router: ar1, technology: lte}
flows:
  out: {kind: udp, from: mn1, to: cn1, service: mobile}
  in: {kind: udp, from: cn1, to: mn1}
"""
