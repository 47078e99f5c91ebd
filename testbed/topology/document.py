"""A YAML file as plain values, that still knows on which line each of them stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from testbed.topology.errors import TopologyError
from testbed.topology.yaml12 import Loader

DEEPEST = 50  # levels of nesting; a topology has six

Location = Sequence[str | int]


class Document:
    """One YAML file; ``data`` is its mapping, locations are paths of keys and indices into it."""

    def __init__(self, file: str, root: yaml.MappingNode, data: dict[str, Any]) -> None:
        self.file = file
        self.data = data
        self._root = root

    def line(self, location: Location) -> int:
        """Return the line of the deepest part of ``location`` that the file has."""
        node: yaml.Node = self._root
        line = node.start_mark.line
        for part in location:
            found = _child(node, part)
            if found is None:
                break
            mark, node = found
            line = mark.start_mark.line
        return line + 1

    def error(self, location: Location, message: str) -> TopologyError:
        """Return the error that ``message`` is about the value at ``location``."""
        return TopologyError(message, self.file, self.line(location), spell(location))


def read(path: Path) -> Document:
    """Read the YAML file ``path``; TopologyError where it is no YAML mapping."""
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise TopologyError(f"cannot read the file: {error.strerror}", file) from error
    except UnicodeDecodeError as error:
        raise TopologyError(f"is not UTF-8 text (octet {error.start})", file) from error
    return parse(text, file)


def parse(text: str, file: str) -> Document:
    """Return the document that ``text`` spells; TopologyError names ``file``."""
    try:
        return _compose(text, file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = error.problem or error.context or "syntax error"
        raise TopologyError(f"not YAML: {said}", file, mark.line + 1 if mark else 0) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        said = f"not YAML: the character {chr(error.character)!r} may not stand in it"
        raise TopologyError(said, file, line) from error


def spell(location: Location) -> str:
    """Write a location as in ``timeline[2].to``."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _compose(text: str, file: str) -> Document:
    _refuse_depth(text, file)
    loader = Loader(text)
    root = loader.get_single_node()
    if root is None:
        raise TopologyError("is empty: it has no keys, such as `nodes` or `timeline`", file, 1)
    if not isinstance(root, yaml.MappingNode):
        raise TopologyError(
            "is no mapping: expected keys, such as `nodes: ...` or `timeline: ...`", file, 1
        )
    for node in _mappings(root, (), set()):
        _refuse_duplicates(node, file)
    return Document(file, root, loader.construct_document(root))


def _refuse_depth(text: str, file: str) -> None:
    """Raise for a document that would exhaust the stack of libyaml's recursive composer."""
    depth = 0
    for event in yaml.parse(text, Loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            line = event.start_mark.line + 1 if event.start_mark else 0
            raise TopologyError("not YAML: nested too deeply", file, line)


def _mappings(
    node: yaml.Node, above: tuple[yaml.Node, ...], seen: set[yaml.Node]
) -> Iterator[yaml.MappingNode]:
    """Yield every mapping at or below ``node`` once, however many aliases it has."""
    if node in above:
        raise yaml.MarkedYAMLError(
            problem="an alias that contains itself", problem_mark=node.start_mark
        )
    if node in seen:
        return
    seen.add(node)
    within = (*above, node)
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from _mappings(value, within, seen)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _mappings(value, within, seen)


def _refuse_duplicates(mapping: yaml.MappingNode, file: str) -> None:
    seen: dict[str, int] = {}
    for key, _ in mapping.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise TopologyError("a key must be plain text", file, line)
        if key.value in seen:
            first = seen[key.value]
            raise TopologyError(
                f"duplicate name: line {first} has it already, give one of them another name",
                file,
                line,
                key.value,
            )
        seen[key.value] = line


def _child(node: yaml.Node, part: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((k, v) for k, v in node.value if k.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None
