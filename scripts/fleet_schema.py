# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The JSON schema of ``fleet.yml``, for editors: what ``bigv_fleet`` takes, as its argument spec and documentation say.

Wherever there can be a value, there can be a Jinja template of one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from antsibull_docs_parser import dom
from antsibull_docs_parser.parser import Context, parse
from own_plugins import documented_options, import_plugin, module_of

Schema = dict[str, Any]

TEMPLATE = r"\{[{%]"
SIZE = r"[0-9]+(\.[0-9]+)? ?([MGTmgt]([Ii][Bb])?)?"
SHARE = import_plugin("module_utils._resources.fleet.limits").SHARE.pattern
DURATION = import_plugin("module_utils._core.durations").DURATION.pattern
# Options of text that hold numbers, mostly with a unit.
AMOUNTS = {
    "memory": SIZE,
    "size": SIZE,
    "interval": DURATION,
    "ready_timeout": DURATION,
    "max_deletions": SHARE,
    "max_unavailable": SHARE,
}
NAMES = ("account", "group", "label", "name", "new_group", "new_name")
GROUP = import_plugin("module_utils._resources.fleet.desired").GROUP_OPTIONS
GROUP_DESCRIPTIONS = {"name": "The name of the group.", "state": "Whether the group exists."}
JSON_TYPES = {"int": "integer", "bool": "boolean", "float": "number"}


def fleet_schema() -> str:
    """Return the schema, as JSON."""
    fleet = dictionary(module_of("bigv_fleet").argument_spec, documented_options("bigv_fleet"))
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A fleet of Bytemark Cloud servers",
        "description": "A variable file for the playbooks and the role fleet of the Ansible collection bytemark.cloud.",
        "type": "object",
        "properties": {"bigv_fleet": {"description": "The options of the module bytemark.cloud.bigv_fleet.", **fleet}},
        "required": ["bigv_fleet"],
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def dictionary(options: Mapping[str, Any], documented: Mapping[str, Any], **constraints: Any) -> Schema:
    """Return the schema of a dictionary of options."""
    schema: Schema = {
        "type": ["object", "string"],
        "pattern": TEMPLATE,
        "additionalProperties": False,
        "properties": {name: option(name, spec, documented[name]) for name, spec in options.items()},
    }
    if required := [name for name, spec in options.items() if spec.get("required")]:
        schema["required"] = required
    if alternatives := constraints.get("required_one_of"):
        schema["allOf"] = [{"anyOf": [{"required": [name]} for name in names]} for names in alternatives]
    if exclusive := constraints.get("mutually_exclusive"):
        schema["dependencies"] = {first: {"not": {"required": [other]}} for first, other in exclusive}
    return schema


def option(name: str, spec: Mapping[str, Any], documented: Mapping[str, Any]) -> Schema:
    """Return the schema of an option, with its description and default."""
    schema = {"description": plain(documented["description"]), **value(name, spec, documented)}
    return schema | {"default": spec["default"]} if spec.get("default") is not None else schema


def value(name: str, spec: Mapping[str, Any], documented: Mapping[str, Any]) -> Schema:
    """Return the schema of an option's value."""
    kind = spec.get("type", "str")
    if kind == "list":
        entry = {**spec, "type": spec["elements"]}
        # Ansible reads text in place of a list of texts as a list.
        text = {} if spec["elements"] in ("str", "raw") else {"pattern": TEMPLATE}
        return {"type": ["array", "string"], **text, "items": value(name, entry, documented)}
    if kind == "dict":
        constraints = {key: spec[key] for key in ("required_one_of", "mutually_exclusive") if key in spec}
        return dictionary(spec["options"], documented["suboptions"], **constraints)
    if kind == "raw":
        return {"groups": group, "rdns": reverse_dns}[name]()
    if "choices" in spec:
        return {"anyOf": [{"enum": spec["choices"]}, {"type": "string", "pattern": TEMPLATE}]}
    if name in AMOUNTS:
        return {"type": ["integer", "string"], "pattern": f"^({AMOUNTS[name]})$|{TEMPLATE}"}
    if kind in JSON_TYPES:
        return {"type": [JSON_TYPES[kind], "string"], "pattern": TEMPLATE}
    # A whole number is a name.
    return {"type": ["string", "integer"] if name in NAMES else "string"}


def group() -> Schema:
    """Return the schema of a group: a name, or a name and a state."""
    documented = {name: {"description": text} for name, text in GROUP_DESCRIPTIONS.items()}
    schema = dictionary(GROUP, documented)
    del schema["pattern"]
    return schema | {"type": ["string", "integer", "object"], "required": ["name"]}


def reverse_dns() -> Schema:
    """Return the schema of a name, or of names by address."""
    return {"type": ["string", "object"], "additionalProperties": {"type": "string"}}


def plain(description: str | Sequence[str]) -> str:
    """Return a description without Ansible's markup.

    >>> plain(["See O(vms[].purge=true) and V(1).", "B(No) backup."])
    'See `vms[].purge: true` and `1`.\\nNo backup.'
    """
    paragraphs = parse([description] if isinstance(description, str) else description, Context())
    return "\n".join("".join(map(plain_part, paragraph)) for paragraph in paragraphs)


def plain_part(part: Any) -> str:
    match part:
        case dom.OptionNamePart() | dom.ReturnValuePart():
            return f"`{part.name}`" if part.value is None else f"`{part.name}: {part.value}`"
        case dom.CodePart():
            return f"`{part.text}`"
        case dom.OptionValuePart():
            return f"`{part.value}`"
        case dom.EnvVariablePart():
            return f"`{part.name}`"
        case dom.ModulePart():
            return part.fqcn
        case dom.LinkPart():
            return f"{part.text} ({part.url})"
    return part.text
