"""Routing tables and preferences of policy rules: which question is asked of a packet when.

| preference | packets | |
|---|---|---|
| 4 | IPv6-in-IPv6 or MH from an access link to a tunnel's end here | dropped: no node is a peer |
| 5 | IPv6-in-IPv6 | table 41: taken out if outer source is a peer of the outer destination |
| 10 | all | table local (moved here from preference 0) |
| 11 | IPv6-in-IPv6 from a confined address | dropped: the kernel had no care-of address to take |
| 11 | MH of a host | on to 15 |
| 12 | from an access link and from a bound prefix | table 42; with local routing only |
| 13 | of a host | table 45: pairs whose packets go by the agent |
| 14 | from an access link, from a tunnel's end here | table main: the packet just encapsulated |
| 15 | from an access link | table 43: by source prefix into the tunnel, or on to 20, or dropped |
| 15 | of a host | table 43: by source, or on; what a confined address sends ends here |
| 16 | from a tunnel device | table 42; where the kernel's tunnels are devices |
| 18 | from such a tunnel device | dropped: for no attached node |
| 19 | put back by the agent | table 44: routes that are not open to all yet |
| 20 | all | table 42: attached nodes, tunnels from gateway to gateway, prefixes that are diverted |
| 21 | MH of a host | on to 32766 |
| 22 | of a user's programs that choose no source | a table for each such user, from 1000 |
| 23 | of a host's programs that choose no source | table 46: pairs whose packets go by the agent |
| 32766 | all | table main |

Table 43 of a router is the ingress filter too: what no binding covers finds its blackhole. The
rules "of a host" are made when its core first asks for what they serve. A packet whose source is
not chosen yet matches no route that has a source, and what chooses its source is how it then goes.
"""

DECAPSULATION, ATTACHED, UPLINK, HELD, OPTIMIZED, UNCHOSEN = 41, 42, 43, 44, 45, 46
MAIN, LOCAL_TABLE = 254, 255
FIRST_OF_USERS = 1000

PROTECT = 4
DECAPSULATE = 5
OWN = 10
OF_HOST = 11
BETWEEN_ATTACHED = 12
BY_PAIR = 13
ENCAPSULATED = 14
INTO_TUNNEL = 15
OUT_OF_TUNNEL = 16
INGRESS_FILTER = 18
PUT_BACK = 19
TO_ATTACHED = 20
MESSAGES = 21
BY_USER = 22
BY_PEER = 23
ORDINARY = 32766
