"""What carries out one kind of action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Performer = Callable[[Any], None]
