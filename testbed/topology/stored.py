"""The resolved network of a run, read back from the ``topology.yaml`` that the run has left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import yaml

from testbed.topology.errors import TopologyError
from testbed.topology.network import Network

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_network(file: Path) -> Network:
    """Return the network that ``write_topology`` wrote; TopologyError where this is none."""
    try:
        text = file.read_text(encoding="utf-8")
        network: Network = _value(Network, yaml.load(text, _LOADER))
    except OSError as error:
        raise TopologyError(f"{file}: {error.strerror}; is this the folder of a run?") from error
    except (yaml.YAMLError, LookupError, TypeError, ValueError, AttributeError) as error:
        said = f"{file}: not the topology of a run as this version writes it"
        said = f"{said}: name the folder of a run, or run it again"
        raise TopologyError(said) from error
    return network


def _value(kind: Any, plain: Any) -> Any:
    """Return what ``plain`` is as a value of the type ``kind``."""
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{name: _value(hints[name], each) for name, each in plain.items()})
    if origin is tuple:
        return tuple(_value(arguments[0], each) for each in plain)
    if origin is Mapping:
        return {key: _value(arguments[1], each) for key, each in plain.items()}
    if origin in (Union, UnionType):
        return None if plain is None else _value(arguments[0], plain)
    return plain


@cache
def _hints(kind: type[Any]) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}
