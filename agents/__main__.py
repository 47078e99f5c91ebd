"""``python -m agents --control DIR --preload``: the parent of all agents of a run."""

from __future__ import annotations

import argparse
from pathlib import Path

from agents.live.parent import Parent
from agents.live.preload import compile_codec
from agents.roles import ROLES


def main() -> None:
    """Serve ``DIR/parent.sock`` until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m agents", description=__doc__)
    parser.add_argument(
        "--control", type=Path, required=True, metavar="DIR", help="where the sockets are made"
    )
    parser.add_argument(
        "--preload",
        action="store_true",
        help="prepare once what every agent needs, before the first is forked",
    )
    arguments = parser.parse_args()
    if arguments.preload:
        compile_codec()
    Parent(arguments.control, ROLES).run()


if __name__ == "__main__":
    main()
