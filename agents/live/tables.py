"""Routing tables and preferences of policy rules: which question is asked of a packet when.

| preference | packets | |
|---|---|---|
| 4 | IPv6-in-IPv6 or MH from an access link to a tunnel's end here | dropped: no node is a peer |
| 5 | IPv6-in-IPv6 | table 41: taken out if outer source is a peer of the outer destination |
| 10 | all | table local (moved here from preference 0) |
| 11 | IPv6-in-IPv6 of a steered flow's tunnel | main, and of a host 43: just encapsulated |
| 12 | of a steered flow, by its mark | table 50 and up: the way of its destination, or on |
| 13 | IPv6-in-IPv6 from a confined address | dropped: the kernel had no care-of address to take |
| 13 | MH of a host | on to 17 |
| 14 | from an access link and from a bound prefix | table 42; with local routing only |
| 15 | of a host | table 45: pairs whose packets go by the agent |
| 16 | from an access link, from a tunnel's end here | table main: the packet just encapsulated |
| 17 | from an access link | table 43: by source prefix into the tunnel, or on to 22, or dropped |
| 17 | of a host | table 43: by source, or on; what a confined address sends ends here |
| 18 | from a tunnel device | table 42; where the kernel's tunnels are devices |
| 20 | from such a tunnel device | dropped: for no attached node |
| 21 | put back by the agent | table 44: routes that are not open to all yet |
| 22 | all | table 42: attached nodes, tunnels from gateway to gateway, prefixes that are diverted |
| 23 | MH of a host | on to 32766 |
| 24 | of a user's programs that choose no source | a table for each such user, from 1000 |
| 25 | of a host's programs that choose no source | table 46: pairs whose packets go by the agent |
| 32766 | all | table main |

Table 43 of a router is the ingress filter too: what no binding covers finds its blackhole. The
rules "of a host" are made when its core first asks for what they serve. A packet whose source is
not chosen yet matches no route that has a source, and what chooses its source is how it then goes.
"""

DECAPSULATION, ATTACHED, UPLINK, HELD, OPTIMIZED, UNCHOSEN = 41, 42, 43, 44, 45, 46
MAIN, LOCAL_TABLE = 254, 255
FIRST_STEERED, MOST_STEERED = 50, 100  # and how many there can be
FIRST_OF_USERS = 1000

PROTECT = 4
DECAPSULATE = 5
OWN = 10
JUST_STEERED = 11
STEERED = 12
OF_HOST = 13
BETWEEN_ATTACHED = 14
BY_PAIR = 15
ENCAPSULATED = 16
INTO_TUNNEL = 17
OUT_OF_TUNNEL = 18
INGRESS_FILTER = 20
PUT_BACK = 21
TO_ATTACHED = 22
MESSAGES = 23
BY_USER = 24
BY_PEER = 25
ORDINARY = 32766
