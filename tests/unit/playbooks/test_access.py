# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The role access: a team from one variable."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from ansible_collections.bytemark.cloud.plugins.filter.access_plan import plan
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.privilege.attributes import TARGETS
from ansible_collections.bytemark.cloud.plugins.plugin_utils._team import TEAM as SPEC
from ansible_collections.bytemark.cloud.tests.unit.support import COLLECTION
from hypothesis import given
from hypothesis import strategies as st

ALICE = "apikey.alice"
KEY = "ssh-ed25519 AAAA alice@laptop"
TEAM = {
    "account": "acme",
    "people": [
        {"name": "alice", "authorized_keys": [KEY], "privileges": [{"level": "account_admin"}]},
        {
            "name": "bob",
            "privileges": [
                {"level": "group_admin", "group": "default"},
                {"level": "vm_console", "vm": "web1.staging", "ip_restrictions": "198.51.100.0/24"},
            ],
        },
    ],
}


DEFAULT = {"level": "group_admin", "group": "default.acme"}
WEB1 = {"level": "vm_console", "virtual_machine": "web1.staging.acme"}
PRIVILEGES = [
    {"username": "alice", "level": "account_admin", "account": "acme"},
    {"username": "alice", **DEFAULT, "api_key_id": 51},
    {"username": "bob", **DEFAULT},
    {"username": "bob", **DEFAULT, "api_key_id": 52},
]


@pytest.fixture
def people(cloud):
    """Seed people who may do something in an account, those given on top of the team."""

    def seed(*privileges):
        names = ("admin", "alice", "bob", "carol")
        keys = [
            {"token": cloud.token, "label": "admin", "username": "admin"},
            {"token": ALICE, "label": "ci", "username": "alice", "id": 51, "accounts": []},
            {"token": "apikey.bob", "label": "ci", "username": "bob", "id": 52, "accounts": []},
        ]
        document = {
            "users": [{"username": name, "password": "password"} for name in names],
            "api_keys": keys,
            "privileges": [*PRIVILEGES, *privileges],
        }
        cloud.seed(staging=[{"name": "web1"}], document=document)
        return cloud

    return seed


@pytest.fixture
def access(command, write):
    """Run an entry point of the role."""

    def run(team, *arguments, entry="main", token=None, **variables):
        include = {"name": "bytemark.cloud.access", "tasks_from": entry}
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False}
        play["tasks"] = [{"ansible.builtin.include_role": include, "vars": {"bigv_access": team, **variables}}]
        more = {"BIGV_TOKEN": token} if token else {}
        return command("ansible-playbook", write("play.yml", [play]), *arguments, **more)

    return run


CAROL = {"username": "carol", **DEFAULT}
GRANTS = ["account_admin alice", "group_admin alice 51", "group_admin bob", "group_admin bob 52"]
DELETE = {"access_prune": "delete", "access_max_deletions": "100%"}


def granted(cloud):
    """Return who may do what, those who may by an API key with its id."""
    entries = cloud.control("GET", "state")["privileges"]
    return sorted(
        " ".join(str(entry[key]) for key in ("level", "username", "api_key_id") if entry[key] is not None)
        for entry in entries
    )


def said(run):
    """Return what a run says that it does, of each item and by the actions in the diffs."""
    return re.findall(r"^(?:ok|changed): .*|^\+ {8}\".*\"$", run.output, re.MULTILINE)


def test_the_roles_options_are_the_modules():
    def is_alike(option, spec):
        assert {key: option.get(key) for key in ("type", "elements", "choices")} == {
            key: spec.get(key) for key in ("type", "elements", "choices")
        }
        assert option.get("options", {}).keys() == spec.get("options", {}).keys()
        for name, inner in option.get("options", {}).items():
            is_alike(inner, spec["options"][name])

    specs = yaml.safe_load((COLLECTION / "roles/access/meta/argument_specs.yml").read_text())["argument_specs"]
    is_alike({**specs["main"]["options"]["bigv_access"], "type": "dict"}, {"type": "dict", "options": SPEC})


def test_from_a_team_to_what_it_may_do(people, access, tmp_path):
    cloud = people({"username": "carol", **WEB1})

    drift = access(TEAM, entry="drift", access_report_json="drift.json")
    assert drift.status == 2
    assert "2 actions are needed: change the authorized keys of user alice: 1 added, 0 removed; grant" in drift.output
    assert "not listed: vm_console of VM web1.staging.acme to user carol" in drift.output
    report = json.loads((tmp_path / "drift.json").read_text())
    assert (report["drift"], len(report["actions"]), len(report["unlisted"])) == (True, 2, 1)

    check = access(TEAM, "--check", "--diff")
    assert (check.status, check.changed) == (0, 2), check.output
    assert cloud.writes() == []

    done = access(TEAM, "--diff")
    assert (done.status, done.changed) == (0, 2), done.output
    assert said(done) == said(check)
    assert granted(cloud) == [*GRANTS, "vm_console bob", "vm_console carol"]
    [restricted] = [entry for entry in cloud.control("GET", "state")["privileges"] if entry["ip_restrictions"]]
    assert (restricted["username"], restricted["ip_restrictions"]) == ("bob", "198.51.100.0/24")
    cloud.clear()

    again = access(TEAM)
    assert (again.status, again.changed) == (0, 0), again.output
    assert cloud.writes() == []

    drift = access(TEAM, entry="drift", access_report_json="drift.json")
    assert (drift.status, drift.changed) == (0, 0), drift.output
    assert json.loads((tmp_path / "drift.json").read_text())["drift"] is False
    drift = access(TEAM, entry="drift", access_fail_on_unlisted=True)
    assert drift.status == 2
    assert "1 privilege is not listed: vm_console of VM web1.staging.acme to user carol" in drift.output
    assert cloud.writes() == []


def test_a_new_person_gets_privileges_and_then_keys(cloud, access):
    users = [{"username": "admin", "accounts": ["acme"]}, {"username": "dave", "accounts": []}]
    users = [{**user, "password": "password"} for user in users]
    admin = {"token": cloud.token, "label": "admin", "username": "admin", "accounts": ["acme"]}
    cloud.seed(document={"users": users, "api_keys": [admin]})
    privilege = {"level": "group_admin", "group": "default"}
    team = {"account": "acme", "people": [{"name": "dave", "authorized_keys": [KEY], "privileges": [privilege]}]}

    done = access(team)
    assert (done.status, done.changed) == (0, 2), done.output
    assert [user["authorized_keys"] for user in cloud.control("GET", "state")["users"]] == [None, KEY]


def test_who_is_not_listed_is_removed_if_wanted(people, access):
    cloud = people(CAROL)
    check = access(TEAM, "--check", "--diff", **DELETE)
    assert cloud.writes() == []
    done = access(TEAM, "--diff", **DELETE)
    assert (done.status, done.changed) == (0, 3), done.output
    assert said(done) == said(check)
    assert "not listed: group_admin of group default.acme to user carol (to be revoked)" in done.output
    assert granted(cloud) == [*GRANTS, "vm_console bob"]
    again = access(TEAM, **DELETE)
    assert (again.status, again.changed) == (0, 0), again.output


def test_what_api_keys_may_do_goes_with_their_users(people, access):
    """Alice's key does less than alice may. Bob's does what bob may no longer."""
    cloud = people()
    less = {
        "account": "acme",
        "people": [
            TEAM["people"][0],
            {"name": "bob", "privileges": [{"level": "vm_console", "vm": "web1.staging"}]},
            {"name": "carol", "privileges": [{"level": "group_admin", "group": "default"}]},
        ],
    }
    run = access(less, **DELETE)
    assert run.status == 0, run.output
    assert "not listed: group_admin of group default.acme to API key 52 of user bob (to be revoked)" in run.output
    assert granted(cloud) == ["account_admin alice", "group_admin alice 51", "group_admin carol", "vm_console bob"]


def test_only_where_somebody_is_listed(people, access):
    cloud = people(CAROL)
    team = {"people": [{"name": "bob", "privileges": [{"level": "vm_console", "vm": "web1.staging"}]}]}
    run = access(team, **DELETE)
    assert run.status == 0, run.output
    assert "carol (nobody is listed for group default.acme)" in run.output
    assert "alice (nobody is listed for account acme)" in run.output
    assert granted(cloud) == sorted([*GRANTS, "group_admin carol", "vm_console bob"])


@pytest.mark.parametrize("team", [{"people": []}, {"account": "acme"}, {"people": None}])
def test_an_empty_team_revokes_nothing(people, access, team):
    cloud = people(CAROL)
    run = access(team, **DELETE)
    assert (run.status, run.changed) == (0, 0), run.output
    assert "not listed: account_admin of account acme to user alice" in run.output
    assert cloud.writes() == []


@pytest.mark.parametrize("limit", ["10%", 1, "1"])
def test_more_than_was_meant_is_refused_before_anything_is_sent(people, access, limit):
    cloud = people(CAROL, {"username": "carol", **WEB1})
    for arguments in ((), ("--check",)):
        run = access(TEAM, *arguments, access_prune="delete", access_max_deletions=limit)
        assert run.status == 2
        assert (
            "access_max_deletions: this would revoke 2 of the 6 privileges in the team's places, but no more than 1 "
            "may be revoked at once"
            f" ({limit})" in run.output
        )
        assert "It would revoke: group_admin of group default.acme to user carol, vm_console of VM web1" in run.output
    assert cloud.writes() == []
    assert access(TEAM, access_prune="delete", access_max_deletions=2).status == 0
    assert granted(cloud) == [*GRANTS, "vm_console bob"]


def test_the_credentials_own_user_is_never_removed(people, access):
    cloud = people({"username": "alice", **WEB1}, CAROL)
    team = {"people": [{"name": "bob", "privileges": [{"level": "vm_console", "vm": "web1.staging"}]}]}
    cloud.api("POST", "/users/alice/privileges", {"level": "group_admin", "group_id": 102, "api_key_id": 51})
    run = access(team, token=ALICE, **DELETE)
    assert run.status == 0, run.output
    assert "alice (of the user of these credentials)" in run.output
    assert {"vm_console alice", "vm_console bob"} <= {*granted(cloud)}


MISFITS = [
    (None, "bigv_access: is required; specify a dictionary with people"),
    ([], "bigv_access: is required; specify a dictionary with people"),
    ([{"name": "bob"}], "bigv_access: must be a dictionary of options, got a list"),
    ({"peple": []}, "bigv_access.peple: is not an option; did you mean people?"),
    ({"people": ["bob"]}, "bigv_access.people[0]: must be a dictionary of options, got text"),
    ({"people": [{"nmae": "bob"}]}, "bigv_access.people[0].nmae: is not an option; did you mean name?"),
    ({"people": [{"privileges": []}]}, "bigv_access.people[0].name: is required"),
    (
        {"people": [{"name": "bob", "level": "vm_console"}]},
        "bigv_access.people[0].level: is not an option; the options are authorized_keys, exclusive, name, privileges",
    ),
    ({"people": [{"name": "bob", "privilege": []}]}, "privilege: is not an option; did you mean privileges?"),
    ({"people": [{"name": "bob"}, {"name": "bob"}]}, "bigv_access.people: lists 'bob' twice"),
    ({"people": [{"name": "b b"}]}, "bigv_access.people[0].name: 'b b' is not a valid name"),
    ({"people": [{"name": "bob", "exclusive": True}]}, "bigv_access.people[0].exclusive: requires authorized_keys"),
]
PRIVILEGE_MISFITS = [
    ({"group": "default"}, "level: is required; specify one of vm_console, vm_admin, group_admin, account_admin"),
    ({"level": "admin"}, "level: must be one of vm_console, vm_admin, group_admin, account_admin"),
    ({"level": "group_admin"}, "group: is required; level group_admin applies to a group"),
    ({"level": "account_admin", "group": "default"}, "group: cannot be used with level account_admin"),
    ({"level": "group_admin", "group": "default.acme", "account": "globex"}, "account: 'globex' contradicts group"),
    ({"level": "vm_admin", "vm": "web1", "yubikey_otp_max_age": "soon"}, "yubikey_otp_max_age: 'soon'"),
    ({"level": "vm_admin", "vm": "web1", "api_key": "ci"}, "api_key: is not an option; the options are"),
]


@pytest.mark.parametrize(("team", "message"), MISFITS)
def test_a_team_that_does_not_fit_is_refused_in_a_line(cloud, access, team, message):
    run = access(team)
    assert run.status == 2
    assert message in run.output
    assert "Traceback" not in run.output
    assert cloud.calls() == []


def test_a_privilege_that_does_not_fit_is_refused_in_a_line():
    for wrong, message in PRIVILEGE_MISFITS:
        right = {"level": "account_admin"}
        problem = plan({"account": "acme", "people": [{"name": "bob", "privileges": [right, wrong]}]})["problem"]
        assert problem.startswith(f"bigv_access.people[0].privileges[1].{message}")
    twice = plan({"account": "acme", "people": [{"name": "bob", "privileges": [right, right]}]})["problem"]
    assert "privileges[1].level: account_admin of acme is already listed; remove one of the two" in twice


def test_a_private_key_is_shown_nowhere(cloud, access):
    secret = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXkDDDDDDD\n-----END OPENSSH PRIVATE KEY-----"
    run = access({"people": [{"name": "bob", "authorized_keys": [secret]}]}, "-vvv")
    assert run.status == 2
    assert "bigv_access.people[0].authorized_keys[0]: is a private key" in run.output
    assert "b3BlbnNz" not in run.output
    assert cloud.calls() == []


def test_an_account_that_is_not_there_is_named(people, access):
    cloud = people()
    run = access({**TEAM, "account": "acmee"})
    assert run.status == 2
    assert "bigv_access: there is no account 'acmee', or these credentials cannot see it" in run.output
    assert cloud.writes() == []


def test_nobody_is_looked_for_unless_wanted(people, access):
    cloud = people(CAROL)
    run = access({**TEAM, "people": []}, access_prune="none")
    assert (run.status, cloud.calls()) == (0, []), run.output
    assert "not listed: " not in run.output


def test_nothing_is_revoked_where_it_may_be_ones_own(cloud, access):
    cloud.seed(staging=[{"name": "web1"}], document={"api_keys": [{"token": cloud.token, "accounts": ["acme"]}]})
    run = access({"people": []}, **DELETE)
    assert run.status == 2
    assert "access_prune: the user of these credentials cannot be determined" in run.output
    assert cloud.writes() == []


def test_what_looks_like_a_template_is_a_name(cloud, access):
    """As a user's name, which is said, and names whose privilege goes."""
    users = [{"username": name, "password": "password"} for name in ("admin", "bob", "{{7*7}}")]
    document = {"users": users, "privileges": [{"username": "{{7*7}}", **DEFAULT}]}
    cloud.seed(document=document)
    team = {"people": [{"name": "bob", "privileges": [{"level": "group_admin", "group": "default"}]}]}
    run = access(team, access_prune="delete")
    assert run.status == 0, run.output
    assert "not listed: group_admin of group default.acme to user {{7*7}} (to be revoked)" in run.output
    assert granted(cloud) == ["group_admin bob"]


ACCOUNTS = [
    {
        "id": 1,
        "name": "acme",
        "groups": [
            {"id": 10, "name": "web", "virtual_machines": [{"id": 100, "name": "web1"}, {"id": 101, "name": "100"}]},
            {"id": 11, "name": "10", "virtual_machines": []},
        ],
    }
]
PLACES = {
    100: {"vm": "web1", "group": "web"},
    101: {"vm": "100", "group": "web"},
    10: {"group": "web"},
    11: {"group": "10"},
}
USERS = {5: "alice", 6: "bob", 7: "carol"}
TARGETS_OF = {"vm_console": (100, 101), "vm_admin": (100, 101), "group_admin": (10, 11), "account_admin": (1,)}
RANKS = list(TARGETS_OF)
CONTAINERS = {100: (100, 10, 1), 101: (101, 10, 1), 10: (10, 1), 11: (11, 1), 1: (1,)}
# Whose a privilege is, its level, what it is for, and the key that has it.
GRANTED = st.sampled_from(list(TARGETS_OF)).flatmap(
    lambda level: st.tuples(st.sampled_from(list(USERS)), st.just(level), st.sampled_from(TARGETS_OF[level]))
)


def as_privilege(user_id, level, target, api_key_id=None):
    """Return a privilege as it is listed."""
    return {
        "user_id": user_id,
        "username": USERS[user_id],
        "level": level,
        TARGETS[level][1]: target,
        "api_key_id": api_key_id,
    }


def as_option(user_id, level, target, api_key_id=None):
    """Return a privilege as the options that revoke it."""
    key = {"api_key": str(api_key_id)} if api_key_id else {}
    return {"user": USERS[user_id], "level": level, "account": "acme", **PLACES.get(target, {}), **key}


def sorted_items(options):
    return sorted(options.items())


@given(st.sets(GRANTED, max_size=6), st.sets(GRANTED, max_size=6), st.sets(GRANTED, max_size=6))
def test_what_is_revoked(listed, others, of_keys):
    """Gone is what is not listed, where somebody is listed, but for what carol has, whose credentials these are."""
    people = [
        {"name": name, "privileges": [
            {"level": level, **PLACES.get(target, {})} for user, level, target in listed if user == number]}
        for number, name in USERS.items()
    ]  # fmt: skip
    privileges = [as_privilege(*each) for each in listed | others] + [as_privilege(*each, 50) for each in of_keys]
    came_of = plan(
        {"account": "acme", "people": people},
        accounts=ACCOUNTS, privileges=privileges, own={"id": 7}, prune=True, max_deletions="100%",
    )  # fmt: skip
    assert came_of["problem"] == ""
    places = {target for _user, _level, target in listed}
    gone = [as_option(*each) for each in others - listed if each[2] in places and each[0] != 7]
    gone += [
        as_option(user, level, target, 50)
        for user, level, target in of_keys
        if target in places and user != 7 and not any(
            who == user and RANKS.index(allowed) >= RANKS.index(level) and place in CONTAINERS[target]
            for who, allowed, place in listed
        )
    ]  # fmt: skip
    assert sorted(map(sorted_items, came_of["revocations"])) == sorted(map(sorted_items, gone))


def test_a_number_is_a_name_first():
    """The VM 100 of the group web is not the one whose id that is, which another grant means by its name."""
    both = [{"level": "vm_admin", "vm": name, "group": "web"} for name in ("100", "web1")]
    there = [{"user_id": 5, "username": "alice", "level": "vm_admin", "virtual_machine_id": vm} for vm in (100, 101)]
    for grants, unlisted in ((both[:1], ["VM web1.web.acme"]), (both[1:], ["VM 100.web.acme"]), (both, [])):
        team = {"account": "acme", "people": [{"name": "5", "privileges": grants}]}
        came_of = plan(team, accounts=ACCOUNTS, privileges=there)
        assert [entry["place"] for entry in came_of["unlisted"]] == unlisted


def test_a_level_that_is_not_known_is_reported_and_left_alone():
    odd = [
        {"user_id": 5, "username": "alice", "level": level, "group_id": 10} for level in ("cluster_admin", "vm_admin")
    ]
    team = {"account": "acme", "people": [{"name": "bob", "privileges": [{"level": "group_admin", "group": "web"}]}]}
    came_of = plan(team, accounts=ACCOUNTS, privileges=odd, own={"id": 7}, prune=True)
    assert [entry["kept"] for entry in came_of["unlisted"]] == ["of an unknown level"] * 2
    assert came_of["revocations"] == []


def test_two_runs_in_a_play_do_not_mix(people, command, write):
    cloud = people(CAROL)
    include = {"ansible.builtin.include_role": {"name": "bytemark.cloud.access"}}
    tasks = [
        {**include, "vars": {"bigv_access": TEAM}},
        {**include, "vars": {"bigv_access": {"people": []}, "access_prune": "none"}},
    ]
    run = command(
        "ansible-playbook", write("play.yml", [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])
    )
    assert (run.status, run.output.count("not listed: ")) == (0, 1), run.output
    assert granted(cloud) == sorted([*GRANTS, "group_admin carol", "vm_console bob"])
