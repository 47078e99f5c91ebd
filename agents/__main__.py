"""``python -m agents --control DIR --preload``: the parent of all agents of a run."""

from __future__ import annotations

import argparse
from pathlib import Path

from agents.live.parent import Parent
from agents.roles import ROLES


def main() -> None:
    """Serve ``DIR/parent.sock`` until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m agents", description=__doc__)
    parser.add_argument(
        "--control", type=Path, required=True, metavar="DIR", help="where the sockets are made"
    )
    parser.add_argument(
        "--preload", action="store_true", help="load every role before the first agent is started"
    )
    Parent(parser.parse_args().control, ROLES).run()


if __name__ == "__main__":
    main()
