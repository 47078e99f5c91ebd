"""From a document to a model, and from pydantic's errors to a line of the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from testbed.topology.choice import is_tag
from testbed.topology.document import Document, Location
from testbed.topology.errors import suggest

_SUBJECT = re.compile(r"^(Input|String|List|Dictionary) (?=should )")

Model = TypeVar("Model", bound=BaseModel)


def check(model: type[Model], document: Document, below: Location = ()) -> Model:
    """Return the part of ``document`` at ``below`` as ``model``; TopologyError otherwise."""
    data: Any = document.data
    for part in below:
        data = data[part]
    try:
        return model.model_validate({} if data is None and below else data)
    except ValidationError as error:
        found = [(_locate(details, below), details) for details in error.errors()]
    location, first = min(found, key=lambda each: (_rank(each[1]), document.line(each[0])))
    raise document.error(location, _say(first, first.get("ctx", {}), model))


def _rank(details: ErrorDetails) -> int:
    """Put what is there and wrong before what is missing: the wrong may be it, misspelt."""
    return 1 if details["type"] == "missing" else 0


def _locate(details: ErrorDetails, below: Location) -> Location:
    context: Mapping[str, Any] = details.get("ctx", {})
    path = [part for part in details["loc"] if part != "[key]"]
    return [*below, *(part for part in path if not is_tag(part)), *context.get("key", ())]


def _say(details: ErrorDetails, context: Mapping[str, Any], model: type[BaseModel]) -> str:
    path, given = details["loc"], details["input"]
    match details["type"]:
        case "extra_forbidden":
            return f"unknown key: {suggest(str(path[-1]), _keys(model, path[:-1]))}"
        case "missing":
            return f"the key `{path[-1]}` is missing"
        case "value_error":
            return str(context["error"])
        case "choice":
            return str(context["message"])
        case "string_pattern_mismatch":
            return f"{given!r} is no name: use letters, digits, - and _, a letter first"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"expected a mapping of keys, not {given!r}"
        case "string_type" if isinstance(given, int | float):
            return f'should be text: put it in quotes, "{given}"'
        case "string_type":
            return f"should be text, not {given!r}"
        case "int_type" | "int_parsing" | "int_from_float":
            return f"should be a whole number, not {given!r}"
        case _:
            text = _SUBJECT.sub("", details["msg"]).replace(" after validation", "")
            return text if isinstance(given, dict | list) else f"{text}, not {given!r}"


def _keys(model: type[BaseModel], path: Location) -> list[str]:
    """Return the keys of the model at ``path`` below ``model``, by way of its JSON Schema."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    found = _descend(schema, list(path), definitions)
    return list(found.get("properties", {}))


def _descend(
    schema: Mapping[str, Any], path: list[str | int], definitions: Mapping[str, Any]
) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if not path:
        return schema
    part, rest = path[0], path[1:]
    if is_tag(part):
        return _descend(_tagged(schema, str(part)[1:-1], definitions), rest, definitions)
    for options in ("anyOf", "oneOf"):
        if options in schema:
            inner: Mapping[str, Any] = next((s for s in schema[options] if "$ref" in s), {})
            return _descend(inner, path, definitions)
    return _descend(_below(schema, part), rest, definitions)


def _below(schema: Mapping[str, Any], part: str | int) -> Mapping[str, Any]:
    named = schema.get("properties", {}).get(part)
    patterns = next(iter(schema.get("patternProperties", {}).values()), None)
    return named or patterns or schema.get("items") or schema.get("additionalProperties") or {}


def _tagged(
    schema: Mapping[str, Any], name: str, definitions: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the alternative that has the verb ``name``, or the kind ``name``."""
    for option in schema.get("oneOf", []):
        found = _descend(option, [], definitions)
        properties = found["properties"]
        kind = properties.get("kind", {}).get("const")
        if kind == name or (kind is None and name in properties):
            return found
    return {}
