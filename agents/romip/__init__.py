"""ROMIP (draft-ma-dmm-romip-00): routers that anchor sessions and find each other by an AAA."""
