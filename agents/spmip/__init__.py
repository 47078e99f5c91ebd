"""Signal-driven Proxy Mobile IPv6, with an anchor (S-PMIP) and without (SD-PMIP).

draft-jikim-dmm-pmip-00: gateways ask where a mobile node is, and tunnel to one another.
"""
