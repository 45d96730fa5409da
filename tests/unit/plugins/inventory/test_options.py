# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Options are read as they are meant, on every ansible-core, or refused in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud

TakeIn = Callable[..., dict[str, Any]]
BOOLEANS = [
    "validate_certs", "include_deleted", "auto_groups", "cache", "cache_fallback", "strict", "use_extra_vars",
    "leading_separator",
]  # fmt: skip


@pytest.fixture(autouse=True)
def fleet(cloud: Cloud) -> None:
    cloud.seed({"name": "a"}, {"name": "b", "power_on": False}, {"name": "c"})


def error(taken: dict[str, Any]) -> str:
    assert taken["hosts"] == {}
    assert set(taken["groups"]) == {"all", "ungrouped"}
    (line,) = taken["said"]
    assert line.startswith("error: ")
    return line.removeprefix("error: ")


def names(taken: dict[str, Any]) -> list[str]:
    return [variables["bigv_name"] for variables in taken["hosts"].values()]


# Values.


@pytest.mark.parametrize("option", BOOLEANS)
@pytest.mark.parametrize("value", ["ture", "", "{{ 'ture' }}", "{{ 7 }}", 7, [], [True], {"a": True}, "none"])
def test_what_is_no_boolean_is_refused(inventory: TakeIn, cloud: Cloud, option: str, value: Any) -> None:
    line = error(inventory(**{option: value}))
    assert line.startswith(f"{option}: ")
    assert "must be true or false, got " in line
    if isinstance(value, str) and "{{" not in value:
        assert repr(value) in line
    assert cloud.calls() == []


@pytest.mark.parametrize("value", ["ture", "{{ 7 }}", "0.5"])
def test_what_is_no_boolean_is_refused_in_the_environment(inventory: TakeIn, cloud: Cloud, value: str) -> None:
    line = error(inventory(env={"BIGV_VALIDATE_CERTS": value}))
    assert line.startswith("BIGV_VALIDATE_CERTS: ")
    assert "must be true or false, got " in line
    assert cloud.calls() == []
    assert len(inventory(env={"BIGV_VALIDATE_CERTS": value}, validate_certs=True)["hosts"]) == 3


@pytest.mark.parametrize(
    ("value", "verifies"),
    [("{{ true }}", True), ("{{ wanted }}", True), ("{{ not wanted }}", False), ("{{ 1 == 1 }}", True), ("yes", True),
     ("{{ 'no' }}", False), (1, True), (0, False), (None, True), ("Off", False)],
)  # fmt: skip
@pytest.mark.parametrize("place", ["option", "variable"])
def test_certificates_are_verified_as_a_template_says(
    driver: Any, source: Any, value: Any, verifies: bool, place: str
) -> None:
    given = {"option": {"validate_certs": value}, "variable": {}}[place]
    env = {"BIGV_VALIDATE_CERTS": str(value)} if place == "variable" and value is not None else {}
    options = source(**given)
    taken = driver(sources=[str(options)], env=env, extra_vars=['{"wanted": true}'], watch="validate_certs")
    assert taken["watched"] is verifies


def test_a_template_decides_about_deleted_vms(inventory: TakeIn, cloud: Cloud) -> None:
    cloud.seed({"name": "gone", "deleted": True})
    assert names(inventory(include_deleted="{{ true }}")) == ["gone"]
    assert names(inventory(include_deleted="{{ false }}")) == []


@pytest.mark.parametrize("option", ["api_timeout", "api_retries", "cache_timeout"])
@pytest.mark.parametrize("value", ["soon", "", True, 1.5, "{{ 'soon' }}", [1], "1_000"])
def test_what_is_no_number_is_refused(inventory: TakeIn, cloud: Cloud, option: str, value: Any) -> None:
    line = error(inventory(**{option: value}))
    assert line.startswith(f"{option}: ")
    assert "must be a whole number, got " in line
    assert cloud.calls() == []


def test_a_number_may_be_a_template(inventory: TakeIn) -> None:
    assert len(inventory(api_timeout="{{ 20 + 10 }}", api_retries="5")["hosts"]) == 3
    assert error(inventory(env={"BIGV_API_TIMEOUT": "soon"})).startswith(
        "BIGV_API_TIMEOUT: must be a whole number, got 'soon'"
    )


@pytest.mark.parametrize("option", ["accounts", "vm_groups", "states"])
@pytest.mark.parametrize(
    ("value", "why"),
    [
        (["x", True], "[1]: must be text, got True (a boolean); put it in quotes"),
        ([1.5], "[0]: must be text, got 1.5 (a number); put it in quotes"),
        (1.5, ": must be text, got 1.5 (a number); put it in quotes"),
        (False, ": must be text, got False (a boolean); put it in quotes"),
        ([date(2026, 1, 2)], "[0]: must be text, got 2026-01-02 (a date); put it in quotes"),
        ([None], "[0]: must be text, got null"),
        ([["a"]], "[0]: must be text, got a list"),
        ([{"name": "acme"}], "[0]: must be text, got a dictionary"),
        ({"a": "b"}, ": must be a list of names, got a dictionary"),
        ("{{ {'a': 1} }}", ": must be a list of names, got a dictionary"),
        ("['acme']", ": \"['acme']\" starts like a list but is not a list in JSON"),
    ],
)
def test_what_is_no_name_is_refused(inventory: TakeIn, cloud: Cloud, option: str, value: Any, why: str) -> None:
    first = "running" if option == "states" else "acme"
    value = [first, *value[1:]] if isinstance(value, list) and value[0] == "x" else value
    assert error(inventory(**{option: value})) == f"{option}{why}"
    assert cloud.calls() == []


@pytest.mark.parametrize("option", ["accounts", "vm_groups"])
@pytest.mark.parametrize(
    ("value", "why"),
    [
        (["acme", ""], "[1]: must not be empty"), ("acme,", "[1]: must not be empty"), ("", ": must not be empty"),
        (["acme", "a.b"], "[1]: 'a.b' is not a valid name: dots are not allowed"),
        (["a b"], "[0]: 'a b' is not a valid name"), (["ac\nme"], "[0]: 'ac\\nme' is not a valid name"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_name_is_refused(inventory: TakeIn, option: str, value: Any, why: str) -> None:
    assert error(inventory(**{option: value})).startswith(f"{option}{why}")


def test_names_may_be_numbers_or_come_from_a_template(inventory: TakeIn, cloud: Cloud) -> None:
    groups = [
        {"name": "7483920", "virtual_machines": [{"name": "x"}]},
        {"name": "web", "virtual_machines": [{"name": "y"}]},
        {"name": "unwanted", "virtual_machines": [{"name": "z"}]},
    ]
    cloud.control("POST", "seed", {"accounts": [{"name": "acme", "id": 8, "groups": groups}]})
    for value in ([7483920], 7483920, "7483920", "{{ [7483920] }}", "{{ 7483920 }}", "{{ ['7483920'] }}", "[7483920]",
                  [" 7483920\n"], ["{{ 7483920 }}"], ["{{ [7483920] }}"]):  # fmt: skip
        assert names(inventory(vm_groups=value)) == ["x"]
    for value in ([7483920, "web"], "7483920, web", '["7483920", "web"]', "{{ '7483920,web' }}",
                  ["{{ [7483920, 'web'] }}"], ["{{ ['7483920'] }}", "web"], "{{ wanted }}"):  # fmt: skip
        assert names(inventory(vm_groups=value, extra_vars=['{"wanted": [7483920, "web"]}'])) == ["x", "y"]
    assert names(inventory(accounts=[8])) == ["x", "y", "z"]
    assert inventory(accounts="{{ [8, 'acmee'] }}")["said"] == [
        "warning: accounts: there is no VM in acmee, or these credentials cannot see it."
    ]


TEXT = ["api_url", "auth_url", "token", "username", "password", "yubikey", "ca_path", "connect_with", "hostvars_prefix",
        "cache_plugin", "cache_connection", "cache_prefix"]  # fmt: skip


@pytest.mark.parametrize("option", TEXT)
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (["8642"], "a list"), ({"8642": "8642"}, "a dictionary"),
        (8642, "a number"), (86.42, "a number"), (False, "a boolean"),
    ],
)  # fmt: skip
def test_what_is_no_text_at_all_is_refused(inventory: TakeIn, cloud: Cloud, option: str, value: Any, kind: str) -> None:
    got, advice = kind, ""
    if not isinstance(value, (list, dict)):
        is_secret = option in ("token", "username", "password", "yubikey")
        got, advice = kind if is_secret else f"{value} ({kind})", "; put it in quotes"
    assert error(inventory(**{option: value})) == f"{option}: must be text, got {got}{advice}"
    assert cloud.calls() == []


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"compose": ["a"]}, "compose: must be a dictionary, got a list"),
        ({"groups": "a"}, "groups: must be a dictionary, got text"),
        ({"keyed_groups": {"key": "bigv_name"}}, "keyed_groups: must be a list of dictionaries, got a dictionary"),
        ({"keyed_groups": "bigv_name"}, "keyed_groups: must be a list of dictionaries, got text"),
        ({"keyed_groups": [{"key": "bigv_name"}, "bigv_name"]}, "keyed_groups[1]: must be a dictionary, got text"),
        ({"keyed_groups": [None]}, "keyed_groups[0]: must be a dictionary, got null"),
        ({"states": ["running", "paused"]}, "states[1]: must be one of running, stopped, got 'paused'"),
    ],
)
def test_what_is_no_dictionary_or_choice_is_refused(
    inventory: TakeIn, cloud: Cloud, options: dict[str, Any], line: str
) -> None:
    assert error(inventory(**options)) == line
    assert cloud.calls() == []


@pytest.mark.parametrize("blank", [None, "", " \n"])
def test_blank_options_are_not_given(inventory: TakeIn, blank: Any) -> None:
    """The environment has its say, or else the default."""
    options = ["api_url", "auth_url", "token", "username", "password", "yubikey", "ca_path"]
    assert names(inventory(**dict.fromkeys(options, blank))) == ["a", "b", "c"]


def test_options_that_are_null_are_not_given(inventory: TakeIn) -> None:
    options = [*BOOLEANS, "api_timeout", "accounts", "vm_groups", "states", "hostnames", "include", "connect_with",
               "hostvars_prefix", "keyed_groups", "compose", "groups", "cache_plugin"]  # fmt: skip
    taken = inventory(**dict.fromkeys(options))
    assert taken == inventory()
    assert names(taken) == ["a", "b", "c"]


def test_blanks_around_text_are_stripped(inventory: TakeIn, cloud: Cloud) -> None:
    taken = inventory(
        api_url=f" {cloud.api_url}\n", auth_url=f"{cloud.auth_url}/ \n", username="admin\n", password="password\n",
        env={"BIGV_TOKEN": ""},
    )  # fmt: skip
    assert names(taken) == ["a", "b", "c"]
    env = {"BIGV_TOKEN": f" {cloud.token}\n", "BIGV_API_URL": f"{cloud.api_url} "}
    assert names(inventory(env=env)) == ["a", "b", "c"]


@pytest.mark.parametrize("folder", ["BM_CONFIG_DIR", "HOME"])
def test_the_token_of_the_providers_client_comes_last(
    inventory: TakeIn, cloud: Cloud, tmp_path: Path, folder: str
) -> None:
    place = tmp_path / "home" / (".bytemark" if folder == "HOME" else "")
    place.mkdir(parents=True)
    (place / "token").write_text(f"{cloud.token}\n")
    env = {"BIGV_TOKEN": "", "BM_CONFIG_DIR": "", folder: str(tmp_path / "home")}
    assert names(inventory(env=env)) == ["a", "b", "c"]
    assert "401" in error(inventory(env=env, token="wrong"))
    assert "403" in error(inventory(env=env, username="admin", password="wrong"))


# Options.


def test_unknown_options_are_refused_at_once(inventory: TakeIn, cloud: Cloud) -> None:
    line = error(inventory(account="acme", filters={"a": 1}, excludes=["bigv_power_on"]))
    assert "'account' (did you mean accounts?)" in line
    assert "'excludes' (did you mean exclude" in line
    assert "'filters'" in line
    assert cloud.calls() == []


def test_unknown_options_of_keyed_groups_are_refused(inventory: TakeIn, cloud: Cloud) -> None:
    keyed = [{"key": "bigv_name"}, {"key": "bigv_name", "perfix": "x", "region": "y"}]
    line = error(inventory(acount="acme", keyed_groups=keyed))
    assert line.startswith("There is no option 'acount' (did you mean accounts?), 'keyed_groups[1].perfix' (did you ")
    assert "'keyed_groups[1].region'" in line
    assert cloud.calls() == []


def test_an_option_that_is_no_text(driver: Any, source: Any) -> None:
    path = source()
    path.write_text("plugin: bytemark.cloud.bigv\n1: x\nnull: y\n")
    assert "'1', 'None'" in error(driver(sources=[str(path)]))


# Conditions.


@pytest.mark.parametrize("as_list", [False, True])
def test_text_is_one_condition(inventory: TakeIn, as_list: bool) -> None:
    condition: Any = "bigv_name in ['a', 'b']"
    condition = [condition] if as_list else condition
    assert names(inventory(exclude=condition)) == ["c"]
    assert names(inventory(include=condition)) == ["a", "b"]
    taken = inventory(hostnames="bigv_name ~ ['-x', '-y'][0]")
    assert list(taken["hosts"]) == ["a-x", "b-x", "c-x"]


BROKEN = [
    "bigv_name in ['a'", "1 +", "", "bigv_name == 'a' bigv_name", "bigv_name | no_such_filter",
    "bigv_name is no_such_test", "bigv_name | no.such.filter", "a }} {{ b", "{{ bigv_power_on }}",
    "{% if bigv_power_on %}true{% endif %}", "{{ bigv_power_on }} == true", "bigv_name == {{ 'a' }}", "name, short",
]  # fmt: skip


@pytest.mark.parametrize("option", ["include", "exclude", "hostnames", "connect_with"])
@pytest.mark.parametrize("expression", BROKEN)
def test_what_is_no_expression_is_refused(inventory: TakeIn, cloud: Cloud, option: str, expression: str) -> None:
    line = error(inventory(**{option: expression if option == "connect_with" else ["'a' == 'b'", expression]}))
    assert line.startswith(f"{option}: ")
    assert repr(expression) in line or expression.replace("'", "\\'") in line
    if "{{" in expression or "{%" in expression:
        assert "write it without braces" in line
    assert cloud.calls() == []


@pytest.mark.parametrize("expression", [expression for expression in BROKEN if expression != "name, short"])
def test_what_ansible_passes_over_is_a_warning(inventory: TakeIn, expression: str) -> None:
    taken = inventory(
        compose={"x": expression}, groups={"y": expression}, keyed_groups=[{"key": expression}], hostnames=["name"]
    )
    assert list(taken["hosts"]) == ["a", "b", "c"]
    positions = [line.split(": ")[1] for line in taken["said"]]
    assert positions == ["compose.x", "groups.y", "keyed_groups[0].key"]
    assert all("is not an expression and is ignored" in line for line in taken["said"])


@pytest.mark.parametrize("option", ["include", "exclude"])
@pytest.mark.parametrize(
    "condition",
    ["bigv_name", "bigv_memory", "bigv_discs", "bigv_cdrom_url", "'true'", "1", "bigv_power_on ~ ''",
     "bigv_discs or bigv_power_on", "{'a': 1}"],
)  # fmt: skip
def test_what_is_neither_true_nor_false_is_refused(inventory: TakeIn, option: str, condition: str) -> None:
    line = error(inventory(**{option: condition}))
    assert line.startswith(f"{option}: ")
    assert "is neither true nor false for a.default.acme.uk0.bigv.io; compare it with something" in line


@pytest.mark.parametrize("value", [[None], [7], {"a": 1}, [["bigv_power_on"]]])
@pytest.mark.parametrize("option", ["include", "exclude", "hostnames"])
def test_what_is_no_text_is_refused(inventory: TakeIn, option: str, value: Any) -> None:
    assert error(inventory(**{option: value})).startswith(f"{option}: ")


def test_a_boolean_is_a_condition(inventory: TakeIn) -> None:
    assert names(inventory(exclude=True)) == []
    assert names(inventory(exclude=[False], include=[True])) == ["a", "b", "c"]
    assert names(inventory(exclude=None, include=None)) == ["a", "b", "c"]


@pytest.mark.parametrize("option", ["include", "exclude", "hostnames", "connect_with"])
def test_what_failed_for_every_vm_is_a_warning(inventory: TakeIn, option: str) -> None:
    expression = "bigv_nmae == 'a'"
    taken = inventory(**{option: expression})
    (line,) = [line for line in taken["said"] if line.startswith(f"warning: {option}: \"bigv_nmae == 'a'\" could not")]
    assert "for any VM" in line
    assert "'bigv_nmae' is undefined" in line
    assert "bigv_nmae" in error(inventory(**{option: expression}, strict=True))


def test_what_failed_for_some_vms_is_no_warning(inventory: TakeIn, cloud: Cloud) -> None:
    cloud.seed({"name": "a", "discs": []}, {"name": "b", "discs": [{"label": "root", "size": 25600}]})
    taken = inventory(include="bigv_discs.0.size > 1")
    assert names(taken) == ["b"]
    assert taken["said"] == []


def test_conditions_see_extra_variables_where_these_are_used(inventory: TakeIn) -> None:
    given = {"extra_vars": ["unwanted=b"], "exclude": "bigv_name == unwanted"}
    assert names(inventory(use_extra_vars=True, **given)) == ["a", "c"]
    (line,) = inventory(**given)["said"]
    assert "'unwanted' is undefined" in line
    assert names(inventory(use_extra_vars=True, extra_vars=['{"bigv_power_on": false}'], exclude="bigv_power_on"))


# Which accounts and groups.


@pytest.fixture
def numbers(cloud: Cloud) -> Iterator[None]:
    """Make a group called 7483920 and one with an id like it, and an account called 214 and one with an id like it."""
    accounts = [
        {"name": "acme", "id": 500, "groups": [
            {"name": "7483920", "id": 31, "virtual_machines": [{"name": "by-name"}]},
            {"name": "other", "id": 32, "virtual_machines": [{"name": "by-id"}]},
            {"name": "214", "id": 33, "virtual_machines": [{"name": "two-fourteen"}]},
        ]},
        {"name": "214", "id": 501, "groups": [{"name": "web", "id": 34, "virtual_machines": [{"name": "twin"}]}]},
        {"name": "globex", "id": 502, "groups": [{"name": "34", "id": 35, "virtual_machines": [{"name": "clash"}]}]},
    ]  # fmt: skip
    cloud.control("POST", "seed", {"accounts": accounts})
    yield
    cloud.settings(flat_overview=True)


@pytest.mark.usefixtures("numbers")
@pytest.mark.parametrize("flat_overview", [True, False])
@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"vm_groups": ["7483920"]}, ["by-name"]),
        ({"vm_groups": ["32"]}, ["by-id"]),
        ({"vm_groups": ["214"]}, ["two-fourteen"]),
        ({"vm_groups": ["7483920", "32", "web"]}, ["by-name", "by-id", "twin"]),
        ({"accounts": ["214"]}, ["twin"]),
        ({"accounts": ["501"]}, ["twin"]),
        ({"accounts": ["acme"], "vm_groups": ["31"]}, ["by-name"]),
        ({"accounts": ["globex"], "vm_groups": ["34"]}, ["clash"]),
        ({"accounts": ["214"], "vm_groups": ["34"]}, ["twin"]),
        ({"accounts": ["500", "502"], "vm_groups": ["34", "214"]}, ["two-fourteen", "clash"]),
    ],
)
def test_a_number_is_a_name_first(
    inventory: TakeIn, cloud: Cloud, options: dict[str, Any], found: list[str], flat_overview: bool
) -> None:
    cloud.settings(flat_overview=flat_overview)
    taken = inventory(**options)
    assert names(taken) == found
    assert taken["said"] == []


@pytest.mark.usefixtures("numbers")
def test_an_id_has_to_fit_the_account(inventory: TakeIn) -> None:
    taken = inventory(accounts=["globex"], vm_groups=["32"])
    assert taken["hosts"] == {}
    assert taken["said"] == [
        "warning: accounts, vm_groups: there is no VM in globex, 32, or these credentials cannot see it."
    ]


@pytest.mark.usefixtures("numbers")
def test_a_number_that_is_two_things_is_refused(inventory: TakeIn, cloud: Cloud) -> None:
    cloud.clear()
    line = error(inventory(vm_groups=["34"]))
    assert line.startswith("vm_groups: '34' is the name of one group and the id of another, 'web'")
    assert cloud.calls() == ["GET /groups"]
    cloud.control("POST", "seed", {"accounts": [{"name": "9", "id": 8, "groups": []}, {"name": "x", "id": 9}]})
    assert error(inventory(accounts=["9"])).startswith("accounts: '9' is the name of one account and the id of another")


@pytest.mark.usefixtures("numbers")
def test_a_number_that_is_nothing_is_a_warning(inventory: TakeIn) -> None:
    for option in ("accounts", "vm_groups"):
        taken = inventory(**{option: ["acme" if option == "accounts" else "other", "999"]})
        assert taken["hosts"]
        assert taken["said"] == [f"warning: {option}: there is no VM in 999, or these credentials cannot see it."]


@pytest.mark.parametrize("options", [{"accounts": ["acme"]}, {"vm_groups": ["a", "b"]}, {"accounts": ["acme", "7"]}])
def test_a_source_of_which_nothing_was_found_fails(inventory: TakeIn, cloud: Cloud, options: dict[str, Any]) -> None:
    line = error(inventory(api_url=f"{cloud.api_url}/v2", **options))
    assert "the API answered 404" in line
    assert f"{cloud.api_url}/v2" in line
