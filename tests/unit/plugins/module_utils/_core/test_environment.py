# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Shared options and their variables: what is blank is not given, and what surrounds a value is not part of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core.environment import VARIABLES as SHARED_VARIABLES
from ansible_collections.bytemark.cloud.plugins.module_utils._core.module import SHARED_OPTIONS
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.names import NAME_VARIABLES
from ansible_collections.bytemark.cloud.plugins.plugin_utils import _in_controller
from ansible_collections.bytemark.cloud.tests.unit.examples import ONLY_LOGS_IN, example
from ansible_collections.bytemark.cloud.tests.unit.support import MODULES, Cloud, run_in_controller, run_module

Run = Callable[..., dict[str, Any]]
VARIABLES = {**SHARED_VARIABLES, **NAME_VARIABLES}
WRONG = "apikey.wr0ng"
BLANKS = ["", " ", "\n", "\t "]
# A place where something other than text is read is tried too.
SAID = {
    "api_timeout": "9",
    "api_retries": "1",
    "validate_certs": "no",
    "run_in_controller": "yes",
    "ca_path": "/etc/ssl",
}


@pytest.fixture(params=[run_module, run_in_controller], ids=["as a module", "in the controller"])
def way(request: pytest.FixtureRequest) -> Run:
    return request.param


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("BM_CONFIG_DIR", raising=False)
    return tmp_path


@pytest.fixture
def run(way: Run, cloud: Cloud, home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a module with only what the environment says, and the options that the test gives."""
    _in_controller._clients.clear()
    for variable in (name for names in VARIABLES.values() for name in names):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in (
        ("BIGV_API_URL", cloud.api_url),
        ("BIGV_AUTH_URL", cloud.auth_url),
        ("BIGV_ACCOUNT", "acme"),
        ("BIGV_TOKEN", cloud.token),
        ("BIGV_API_RETRIES", "0"),
    ):
        monkeypatch.setenv(variable, value)
    return way


def succeeded(result: dict[str, Any]) -> dict[str, Any]:
    assert not result.get("failed"), result
    return result


def shown(result: dict[str, Any]) -> dict[str, Any]:
    return succeeded(result)["invocation"]["module_args"]


# Variables.


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize(
    ("blank_one", "next_one", "value"),
    [
        ("BIGV_API_URL", "BM_ENDPOINT", "api_url"),
        ("BIGV_AUTH_URL", "BM_AUTH_ENDPOINT", "auth_url"),
        ("BIGV_TOKEN", "BYTEMARK_AUTH_TOKEN", "token"),
        ("BYTEMARK_AUTH_TOKEN", "BYTEMARK_TOKEN", "token"),
    ],
)
def test_a_blank_variable_does_not_hide_the_next(run, cloud, monkeypatch, blank, blank_one, next_one, value):
    if value == "auth_url":
        monkeypatch.setenv("BIGV_USERNAME", "admin")
        monkeypatch.setenv("BIGV_PASSWORD", "password")
    for variable in VARIABLES["token" if value == "auth_url" else value]:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv(blank_one, blank)
    monkeypatch.setenv(next_one, getattr(cloud, value))
    succeeded(run("bigv_group", name="staging"))
    assert cloud.calls()[-1] == "GET /accounts/acme/groups/staging"


@pytest.mark.parametrize("names", [("BIGV_USERNAME", "BM_USER"), ("BIGV_USERNAME", "BIGV_USER")])
@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_user_name_does_not_hide_the_next(run, cloud, monkeypatch, names, blank):
    for variable, value in zip((*names, "BIGV_TOKEN"), (blank, "admin", blank), strict=True):
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("BIGV_PASSWORD", "password")
    succeeded(run("bigv_group", name="staging"))
    assert cloud.calls()[0] == "POST /auth/session"


@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_account_does_not_hide_the_next(run, cloud, monkeypatch, blank):
    monkeypatch.setenv("BIGV_ACCOUNT", blank)
    monkeypatch.setenv("BM_ACCOUNT", " acme\n")
    succeeded(run("bigv_group", name="staging", account=blank))
    assert cloud.calls() == ["GET /accounts/acme/groups/staging"]


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("option", SAID)
def test_a_blank_variable_leaves_the_default(run, monkeypatch, option, blank):
    (variable,) = VARIABLES[option]
    monkeypatch.setenv(variable, blank)
    assert shown(run("bigv_group", name="staging"))[option] == SHARED_OPTIONS[option].get("default")
    monkeypatch.setenv(variable, f" {SAID[option]}\n")
    assert str(shown(run("bigv_group", name="staging"))[option]) in (SAID[option], "True", "False")


@pytest.mark.parametrize("blank", BLANKS)
def test_every_variable_may_be_blank(run, cloud, monkeypatch, blank):
    for names in VARIABLES.values():
        for variable in names:
            monkeypatch.setenv(variable, blank)
    monkeypatch.setenv("BIGV_PROTECT", blank)
    options = {"api_url": cloud.api_url, "token": cloud.token, "account": "acme"}
    succeeded(run("bigv_group", name="staging", state="absent", **options))
    assert "default_group" not in succeeded(run("bigv_vm_info", **options))


def test_a_variable_that_makes_no_sense_is_refused_as_before(run, monkeypatch):
    monkeypatch.setenv("BIGV_API_TIMEOUT", "soon")
    assert run("bigv_group", name="staging")["msg"] == "api_timeout: must be a whole number, got 'soon'"


# Options.


@pytest.mark.parametrize("nothing", [None, *BLANKS])
@pytest.mark.parametrize("option", SHARED_OPTIONS)
def test_an_option_that_says_nothing_is_not_given(run, option, nothing):
    """The environment, and else the default, holds as if the option was not there."""
    without = run("bigv_group", name="staging")
    given = run("bigv_group", name="staging", **{option: nothing})
    if option == "account" and nothing is not None:
        given["invocation"]["module_args"]["account"] = None
    assert succeeded(given) == succeeded(without)


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize("module", sorted({*MODULES} - ONLY_LOGS_IN))
def test_all_at_once_in_every_module(run, cloud, module, nothing):
    cloud.seed({"name": "web1"}, {"name": "web2"})
    succeeded(run(module, **example(module).options, **dict.fromkeys(SHARED_OPTIONS, nothing)))


@pytest.mark.parametrize("module", ["bigv_vm_info", "bigv_disc_info"])
def test_an_empty_account_does_not_stand_for_all(run, cloud, monkeypatch, module):
    succeeded(run(module, account=""))
    monkeypatch.delenv("BIGV_ACCOUNT")
    succeeded(run(module, account=None))
    cloud.clear()
    assert run(module, account="")["msg"].startswith("account: is required; set the option")
    assert cloud.calls() == []


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_dotted_name_says_what_an_empty_account_does_not(run, monkeypatch, nothing):
    monkeypatch.delenv("BIGV_ACCOUNT")
    succeeded(run("bigv_group", name="staging.acme", account=nothing))


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize("option", ["username", "password"])
def test_a_session_without_a_user_or_a_password(run, monkeypatch, option, nothing):
    options = {"username": "admin", "password": "password"}
    message = run("bigv_session", **options | {option: nothing})["msg"]
    assert message == f"{option}: is required; set the option or BIGV_{option.upper()}"
    monkeypatch.setenv(f"BIGV_{option.upper()}", options[option] + "\n")
    assert succeeded(run("bigv_session", **options | {option: nothing}))["username"] == "admin"


# What surrounds a value.


@pytest.mark.parametrize("surround", ["{}\n", " {}", "\t{}\r\n"])
@pytest.mark.parametrize("by_variable", [False, True])
def test_what_surrounds_a_value_is_stripped(run, cloud, monkeypatch, surround, by_variable):
    values = {
        "api_url": cloud.api_url,
        "auth_url": cloud.auth_url,
        "username": "admin",
        "account": "acme",
        "token": "",
    }
    options = {option: surround.format(value) for option, value in values.items()} | {"password": "password\r\n"}
    if by_variable:
        for option, value in options.items():
            monkeypatch.setenv(VARIABLES[option][0], value)
    session = succeeded(run("bigv_session", **({} if by_variable else options)))
    assert session["username"] == "admin"
    if by_variable:
        monkeypatch.setenv("BIGV_TOKEN", surround.format(session["token"]))
    succeeded(run("bigv_group", name="staging", **({} if by_variable else options | {"token": session["token"]})))
    assert cloud.calls()[-1] == "GET /accounts/acme/groups/staging"


def test_the_blanks_around_a_password_are_part_of_it(run, cloud):
    result = run("bigv_session", username="admin", password="password ")
    assert result["msg"].startswith("Could not log in as 'admin'")


@pytest.mark.parametrize("inside", ["\n", " ", "\t", "\x00", "\u00a0"])
@pytest.mark.parametrize("option", ["api_url", "auth_url", "token", "username", "yubikey", "account"])
def test_what_is_inside_a_value_is_refused_by_name(run, cloud, option, inside):
    value = {"api_url": cloud.api_url, "auth_url": cloud.auth_url}.get(option, "s3cr3t1")
    options = {option: f"{value[:-1]}{inside}{value[-1]}"}
    if option in ("username", "yubikey"):
        result = run("bigv_session", **{"username": "admin", "password": "password"} | options)
    else:
        result = run("bigv_group", name="staging", **options)
    assert result["msg"].startswith(f"{option}: "), result["msg"]
    assert result["msg"].isprintable()
    assert result["error"]["url"] is None
    if option in ("token", "yubikey"):
        assert "s3cr3t" not in str(result)
    assert cloud.calls() == []


# Other names.


def test_the_order_of_the_names(run, cloud, monkeypatch):
    """Those that there were come first."""
    monkeypatch.delenv("BIGV_TOKEN")
    monkeypatch.setenv("BYTEMARK_TOKEN", WRONG)
    monkeypatch.setenv("BYTEMARK_AUTH_TOKEN", cloud.token)
    succeeded(run("bigv_group", name="staging"))
    monkeypatch.delenv("BYTEMARK_AUTH_TOKEN")
    assert run("bigv_group", name="staging")["error"]["status"] == 401


@pytest.mark.parametrize("variable", ["BIGV_GROUP", "BM_GROUP"])
def test_the_default_group(run, cloud, monkeypatch, variable):
    cloud.seed({"name": "web1", "id": 71}, staging=[{"name": "web1", "id": 72}, {"name": "web2", "id": 73}])
    monkeypatch.setenv(variable, " staging\n")
    assert succeeded(run("bigv_vm", name="web1"))["vm"]["id"] == 72
    assert succeeded(run("bigv_vm", name="web1.default"))["vm"]["id"] == 71
    assert succeeded(run("bigv_vm", name="web1", group="default"))["vm"]["id"] == 71
    assert [vm["id"] for vm in succeeded(run("bigv_vm_info", name="web1"))["vms"]] == [72]
    disc = {"label": "data", "size": "1GiB"}
    assert succeeded(run("bigv_disc", vm="web1", **disc))["disc"]["virtual_machine_id"] == 72
    fleet = succeeded(run("bigv_fleet", vms=[{"name": "web1"}, {"name": "web3", "discs": [{"size": "1GiB"}]}]))
    assert fleet["actions"] == ["create VM web3.staging.acme"]
    assert set(cloud.vms("staging")) == {"web1", "web2", "web3"}
    # What lists is not narrowed, and what prunes is not widened, by a default.
    assert len(succeeded(run("bigv_vm_info"))["vms"]) == 4
    pruned = succeeded(run("bigv_fleet", vms=[{"name": "web1"}], prune="report"))
    assert pruned["actions"] == []
    assert pruned.get("unmanaged", []) == []


def test_the_first_of_the_groups(run, cloud, monkeypatch):
    cloud.seed(staging=[{"name": "web1", "id": 72}])
    monkeypatch.setenv("BM_GROUP", "nowhere")
    monkeypatch.setenv("BIGV_GROUP", "staging")
    assert succeeded(run("bigv_vm", name="web1"))["vm"]["id"] == 72


def test_the_zone_is_for_new_vms_only(run, cloud, monkeypatch):
    cloud.seed({"name": "web1", "zone_name": "york"}, {"name": "gone", "deleted": True, "zone_name": "york"})
    monkeypatch.setenv("BIGV_ZONE", "manchester")
    disc = [{"size": "1GiB"}]
    assert succeeded(run("bigv_vm", name="web1"))["changed"] is False
    assert succeeded(run("bigv_vm", name="web1", zone="york"))["changed"] is False
    predicted = succeeded(run("bigv_vm", name="web2", discs=disc, check_mode=True))["vm"]
    created = succeeded(run("bigv_vm", name="web2", discs=disc))["vm"]
    assert predicted["zone_name"] == created["zone_name"] == "manchester"
    assert succeeded(run("bigv_vm", name="web2", zone="manchester"))["changed"] is False
    assert succeeded(run("bigv_vm", name="web3", discs=disc, zone="york"))["vm"]["zone_name"] == "york"
    fleet = [{"name": "web1"}, {"name": "web4", "discs": disc}, {"name": "web5", "discs": disc, "zone": "york"}]
    succeeded(run("bigv_fleet", vms=fleet))
    zones = {name: vm["zone_name"] for name, vm in cloud.vms().items()}
    assert zones == {
        "web1": "york", "gone": "york", "web2": "manchester", "web3": "york", "web4": "manchester", "web5": "york"
    }  # fmt: skip


def test_a_zone_of_the_environment_that_there_is_not(run, monkeypatch):
    monkeypatch.setenv("BIGV_ZONE", "atlantis")
    assert run("bigv_vm", name="web2", discs=[{"size": "1GiB"}])["msg"].startswith("zone: 'atlantis' is not one of")


# The token of the provider's client.


@pytest.fixture
def token_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (home / ".bytemark").mkdir()
    return home / ".bytemark" / "token"


def test_the_token_of_the_providers_client(run, cloud, token_file, monkeypatch):
    token_file.write_text(f"{cloud.token}\n")
    monkeypatch.setenv("BIGV_TOKEN", "")
    result = succeeded(run("bigv_group", name="staging"))
    assert cloud.token not in str(result)
    assert cloud.calls() == ["GET /accounts/acme/groups/staging"]
    # A user name alone is no login.
    monkeypatch.setenv("BM_USER", "admin")
    succeeded(run("bigv_group", name="staging"))


def test_the_folder_of_the_providers_client(run, cloud, token_file, monkeypatch, tmp_path):
    token_file.write_text(WRONG)
    monkeypatch.delenv("BIGV_TOKEN")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "token").write_text(cloud.token)
    monkeypatch.setenv("BM_CONFIG_DIR", str(tmp_path / "elsewhere"))
    succeeded(run("bigv_group", name="staging"))
    monkeypatch.setenv("BM_CONFIG_DIR", "~/elsewhere")
    succeeded(run("bigv_group", name="staging"))
    monkeypatch.setenv("BM_CONFIG_DIR", " ")
    assert run("bigv_group", name="staging")["error"]["status"] == 401


def test_any_other_credentials_come_first(run, cloud, token_file, monkeypatch):
    token_file.write_text(WRONG)
    succeeded(run("bigv_group", name="staging"))
    monkeypatch.delenv("BIGV_TOKEN")
    succeeded(run("bigv_group", name="staging", token=cloud.token))
    succeeded(run("bigv_group", name="staging", username="admin", password="password"))
    monkeypatch.setenv("BM_USER", "admin")
    monkeypatch.setenv("BIGV_PASSWORD", "password")
    succeeded(run("bigv_group", name="staging"))
    assert succeeded(run("bigv_session"))["token"] != WRONG


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe", None])
def test_a_token_file_that_holds_none(run, cloud, token_file, monkeypatch, content):
    monkeypatch.delenv("BIGV_TOKEN")
    if content is None:
        token_file.mkdir()
    else:
        token_file.write_bytes(content)
    message = run("bigv_group", name="staging")["msg"]
    assert message.startswith("No credentials: set token (BIGV_TOKEN)")
    assert message.endswith("($BM_CONFIG_DIR/token, or else ~/.bytemark/token).")
    assert cloud.calls() == []


def test_the_token_of_a_file_is_a_secret(run, cloud, token_file, monkeypatch):
    """Also where the API knows it as the name of something, and where it refuses it."""
    monkeypatch.delenv("BIGV_TOKEN")
    token_file.write_text(cloud.token)
    cloud.seed({"name": "web1", "cdrom_url": f"https://example.com/{cloud.token}"})
    assert cloud.token not in str(succeeded(run("bigv_vm", name="web1")))
    token_file.write_text("wr0ng-t0ken")
    result = run("bigv_vm", name="web1")
    assert result["failed"]
    assert "wr0ng-t0ken" not in str(result)


def test_the_invocation_is_the_same_either_way(cloud, home, token_file, monkeypatch):
    token_file.write_text(cloud.token)
    monkeypatch.setenv("BIGV_API_URL", "")
    options = {"api_url": f"{cloud.api_url} \n", "account": " acme\n", "api_timeout": None, "username": "", "token": ""}
    one, other = (way("bigv_group", name="staging", **options) for way in (run_module, run_in_controller))
    assert succeeded(one) == other
    assert one["invocation"]["module_args"]["api_url"] == cloud.api_url
