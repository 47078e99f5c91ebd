"""The one function of the emulated backend that others call."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from testbed import emulated


def test_run_stays_a_function_whatever_has_been_imported() -> None:
    for module in pkgutil.iter_modules(emulated.__path__, f"{emulated.__name__}."):
        import_module(module.name)
    assert emulated.run.__module__ == emulated.__name__
