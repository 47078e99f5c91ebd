"""Routing tables and preferences of policy rules: which question is asked of a packet when.

| preference | packets | |
|---|---|---|
| 4 | IPv6-in-IPv6 or MH from an access link to a tunnel's end here | dropped: no node is a peer |
| 5 | IPv6-in-IPv6 | table 41: taken out if outer source is a peer of the outer destination |
| 10 | all | table local (moved here from preference 0) |
| 12 | from an access link and from a bound prefix | table 42; with local routing only |
| 14 | from an access link, from a tunnel's end here | table main: the packet just encapsulated |
| 15 | from an access link | table 43: by source prefix into the tunnel, or on to 20, or dropped |
| 16 | from a tunnel device | table 42; where the kernel's tunnels are devices |
| 18 | from such a tunnel device | dropped: for no attached node |
| 19 | put back by the agent | table 44: routes that are not open to all yet |
| 20 | all | table 42: attached nodes, tunnels from gateway to gateway, prefixes that are diverted |
| 32766 | all | table main |

Table 43 is the ingress filter too: what no binding covers finds its blackhole.
"""

DECAPSULATION, ATTACHED, UPLINK, HELD = 41, 42, 43, 44
MAIN, LOCAL_TABLE = 254, 255

PROTECT = 4
DECAPSULATE = 5
OWN = 10
BETWEEN_ATTACHED = 12
ENCAPSULATED = 14
INTO_TUNNEL = 15
OUT_OF_TUNNEL = 16
INGRESS_FILTER = 18
PUT_BACK = 19
TO_ATTACHED = 20
