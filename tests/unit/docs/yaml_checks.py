# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Whether what a YAML block says is what the modules, roles and plugins take: their own argument specs decide."""

from __future__ import annotations

import copy
import functools
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.playbook.block import Block as AnsibleBlock
from ansible.playbook.play import Play
from ansible.playbook.role.include import RoleInclude
from ansible.playbook.task import Task
from ansible_collections.bytemark.cloud.plugins.filter.access_plan import plan as access_plan
from ansible_collections.bytemark.cloud.plugins.module_utils._core.module import SHARED_OPTIONS
from ansible_collections.bytemark.cloud.plugins.plugin_utils._watch import SPEC as WATCH_OPTIONS
from ansible_collections.bytemark.cloud.tests.unit.docs.blocks import TREE, Block, blocks_of, documents
from ansible_rulebook.rules_parser import parse_rule_sets
from ansible_rulebook.validators import Validate

OURS = "bytemark.cloud."
EVENT_SOURCE = "bytemark.cloud.bigv_changes"
ROLES = sorted(path.name for path in (TREE / "roles").iterdir())
MOLECULE = {"dependency", "driver", "platforms", "prerun", "provisioner", "scenario", "verifier"}
# The role that is tested by Molecule, in the directory where that is run.
PROJECT = "{{ lookup('ansible.builtin.env', 'MOLECULE_PROJECT_DIRECTORY') }}"
# Modules that this collection replaces; the guide to upgrading says which options they have.
REPLACED = ("bigv-vm", "bigv-disc")


def check_yaml(block: Block) -> None:
    """Every document of a block, by what it is."""
    for content in yaml.safe_load_all(block.text):
        _check_templates(content)
        if isinstance(content, list):
            for entry in content:
                _check_entry(entry)
        elif "plugin" in content:
            _check_source(content)
        elif content.keys() <= {*Play.fattributes}:
            _check_play(content)
        elif content.keys() <= {*_role_variables(), *_rulebook_variables()}:
            _check_variables(content)
        elif block.file_name.startswith("changelogs/fragments/"):
            assert content.keys() <= _changelog_sections()
        elif block.file_name.endswith("molecule.yml"):
            assert content.keys() <= MOLECULE
        else:
            assert "all" in content or block.file_name == "vault.yml", "nobody checks such YAML"


def _check_entry(entry: Mapping[str, Any]) -> None:
    if "rules" in entry:
        _check_ruleset(entry)
    elif EVENT_SOURCE in entry:
        _check_event_source(entry)
    else:
        _check_play(entry) if "hosts" in entry else _check_task(entry)


def _check_ruleset(ruleset: Mapping[str, Any]) -> None:
    """Let ansible-rulebook's own schema and parser decide."""
    Validate.rulebook([ruleset])
    parse_rule_sets([copy.deepcopy(ruleset)])
    for source in ruleset["sources"]:
        _check_event_source(source)


def _check_event_source(source: Mapping[str, Any]) -> None:
    assert source.keys() <= {"name", "filters", EVENT_SOURCE}, "a keyword that sources do not have"
    _validate(WATCH_OPTIONS, source[EVENT_SOURCE])


def _check_templates(value: Any) -> None:
    if isinstance(value, Mapping):
        for inner in value.values():
            _check_templates(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_templates(inner)
    elif isinstance(value, str):
        jinja2.Environment(autoescape=True).parse(value)


def _check_play(play: Mapping[str, Any]) -> None:
    assert play.keys() <= {*Play.fattributes}, "a keyword that plays do not have"
    _check_defaults(play.get("module_defaults", {}))
    _check_variables(play.get("vars", {}))
    for role in play.get("roles", ()):
        parameters = {name: value for name, value in role.items() if name not in RoleInclude.fattributes}
        _check_role(role["role"], "main", parameters | role.get("vars", {}))
    for section in ("pre_tasks", "tasks", "post_tasks", "handlers"):
        for task in play.get(section, ()):
            _check_task(task)


def _check_task(task: Mapping[str, Any]) -> None:
    _check_defaults(task.get("module_defaults", {}))
    if "block" in task:
        assert task.keys() <= {*AnsibleBlock.fattributes}, "a keyword that blocks do not have"
        for section in ("block", "rescue", "always"):
            for inner in task.get(section, ()):
                _check_task(inner)
        return
    actions = [key for key in task if key not in Task.fattributes]
    assert len(actions) == 1, f"one module, not {actions}"
    action, arguments = actions[0], task[actions[0]] or {}
    if action.startswith(OURS):
        check_module(action.removeprefix(OURS), arguments)
    elif action in REPLACED:
        assert arguments.keys() <= replaced_options(action), f"an option that {action} did not have"
    elif action != "ansible.builtin.set_fact":
        assert action in _documented("module"), f"there is no module {action}"
        assert arguments.keys() <= _documented("module")[action], f"an option that {action} does not have"
    if action == "ansible.builtin.include_role":
        _check_role(arguments["name"], arguments.get("tasks_from", "main"), task.get("vars", {}))


def _check_defaults(defaults: Mapping[str, Any]) -> None:
    for name, options in defaults.items():
        if name == "group/bytemark.cloud.bigv":
            _validate(SHARED_OPTIONS, options)
        else:
            _validate(module_options(name.removeprefix(OURS)), options)


def _check_role(name: str, entry_point: str, variables: Mapping[str, Any]) -> None:
    if name == PROJECT:
        return
    assert name.startswith(OURS), f"{name} is not a role of this collection"
    _validate(_entry_points(name.removeprefix(OURS))[entry_point]["options"], variables)
    _check_variables(variables)


def _check_variables(variables: Mapping[str, Any]) -> None:
    """Those that a role takes; the VMs among them are checked as those of ``bigv_fleet``."""
    known = _role_variables()
    for name, value in variables.items():
        assert name in known or not name.startswith(tuple(f"{role}_" for role in ROLES)), f"no role takes {name}"
        _validate({name: known.get(name, {})}, {name: value})
    if isinstance(fleet := variables.get("bigv_fleet", {}), Mapping):
        check_module("bigv_fleet", fleet)
    if isinstance(team := variables.get("bigv_access", {"people": []}), Mapping):
        assert not (problem := access_plan({"account": "acme", **team})["problem"]), problem
    vms = {"vms": variables.get("ephemeral_vms", []), "defaults": variables.get("ephemeral_vm_defaults", {})}
    check_module("bigv_fleet", vms)


def _check_source(source: Mapping[str, Any]) -> None:
    assert source.keys() <= _documented("inventory")[source["plugin"]], "an option that the plugin does not have"


def check_module(name: str, arguments: Mapping[str, Any]) -> None:
    """Hold the options of a task against the module's argument spec."""
    module = _module(name)
    _validate(module.argument_spec, arguments, complete=True, **module.kind.constraints)


def module_options(name: str) -> dict[str, Any]:
    return _module(name).argument_spec


def _validate(spec: Mapping[str, Any], values: Mapping[str, Any], complete: bool = False, **constraints: Any) -> None:
    if not complete:
        spec = {name: option | {"required": False} for name, option in spec.items()}
    known = _filled(values, spec)
    assert not (errors := ArgumentSpecValidator(spec, **constraints).validate(known).error_messages), errors


def _filled(value: Any, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values, with one that fits in place of each template."""
    return {name: _fitting(inner, spec.get(name, {})) for name, inner in value.items()}


def _fitting(value: Any, option: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and "{{" in value:
        fitting = {"int": 1, "float": 1.0, "bool": True, "list": [], "dict": {}}
        return option["choices"][0] if "choices" in option else fitting.get(option.get("type", "str"), "text")
    if isinstance(value, list):
        return [_fitting(item, option | {"type": option.get("elements", "str")}) for item in value]
    if isinstance(value, Mapping):
        return _filled(value, option.get("options") or {})
    return value


def _module(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.bytemark.cloud.plugins.modules.{name}").MODULE


@functools.cache
def _entry_points(role: str) -> dict[str, Any]:
    path = TREE / "roles" / role / "meta" / "argument_specs.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]


@functools.cache
def _role_variables() -> dict[str, Any]:
    return {
        name: option
        for role in ROLES
        for entry_point in _entry_points(role).values()
        for name, option in entry_point["options"].items()
    }


@functools.cache
def _rulebook_variables() -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in TREE.glob("extensions/eda/rulebooks/*.yml")]
    return {name for text in texts for name in re.findall(r"\{\{ (\w+)", text)}


def _changelog_sections() -> set[str]:
    configuration = yaml.safe_load((TREE / "changelogs" / "config.yaml").read_text(encoding="utf-8"))
    return {name for name, _title in configuration["sections"]}


@functools.cache
def _documented(kind: str) -> dict[str, set[str]]:
    """Return the documented options of the plugins, Ansible's and ours, that the blocks name."""
    text = "".join(block.text for document in documents() for block in blocks_of(document) if block.kind == "yaml")
    names = set(re.findall(r"\bansible\.builtin\.\w+(?=:)" if kind == "module" else r"plugin: (\S+)", text))
    command = [Path(sys.executable).parent / "ansible-doc", "--json", "--type", kind, *sorted(names)]
    answer = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return {name: {*plugin["doc"]["options"]} for name, plugin in answer.items()}


@functools.cache
def replaced_options(module: str) -> set[str]:
    """Return the options that the guide to upgrading lists for a module that is gone."""
    guide = (TREE / "docs" / "docsite" / "rst" / "guide_upgrading.rst").read_text(encoding="utf-8")
    table = re.search(
        rf"^From {module} to .*?\n\n\.\. list-table::\n(.*?)(?:\n\n\S|\Z)", guide, re.DOTALL | re.MULTILINE
    )[1]
    return set(re.findall(r"^    \* - ``(\w+)``", table, re.MULTILINE))
