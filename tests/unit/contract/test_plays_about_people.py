# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The check run of a play about people and access says, task by task, what the real run then does.

EXAMPLES in the environment says how many plays to try.
"""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.contract.test_plays import PLAYS, check_play, drawn, seed, task
from ansible_collections.bytemark.cloud.tests.unit.contract.test_properties import existing_vm
from hypothesis import given
from hypothesis import strategies as st

USERS, GROUPS, VMS = ["read-only", "2"], ["default", "staging", "live"], ["web1", "web2.staging"]
ONE, TWO = "ssh-ed25519 AAAA one", "ssh-rsa BBBB two"
ON_VM = {"level": ["vm_admin", "vm_console"], "vm": VMS}
ON_GROUP = {"level": ["group_admin"], "group": GROUPS}
STATE = {"state": ["present", "present", "absent"]}

user = task(
    "bigv_user",
    drawn(
        {"name": [*USERS, "admin"], "authorized_keys": [[ONE], [TWO], [ONE, TWO], [f"{ONE} again"], []]},
        exclusive=[True],
        force=[True],
        **STATE,
    ),
)
restrictions = {"yubikey_required": [True, False], "ip_restrictions": ["198.51.100.1", ""]}
privilege = st.one_of(
    task("bigv_privilege", drawn({"user": USERS, **ON_VM}, **restrictions, **STATE)),
    task("bigv_privilege", drawn({"user": USERS, **ON_GROUP}, **restrictions, **STATE)),
)
grants = st.lists(drawn(ON_VM) | drawn(ON_GROUP), max_size=2)
api_key = st.builds(
    lambda options, privileges: ("bigv_api_key", {**options, **({"privileges": privileges} if privileges else {})}),
    drawn({"label": ["ci", "cd"]}, exclusive=[True]),
    st.none() | grants,
)
gone_key = task("bigv_api_key", drawn({"label": ["ci", "cd"], "state": ["absent"]}))
info = st.one_of(
    task("bigv_user_info", drawn({}, name=USERS)),
    task("bigv_privilege_info", drawn({}, user=USERS)),
    task("bigv_privilege_info", drawn({}, vm=VMS)),
    task("bigv_privilege_info", drawn({}, group=GROUPS)),
    task("bigv_api_key_info", drawn({}, label=["ci", "cd"])),
)
things = st.one_of(
    task("bigv_group", drawn({"name": ["staging", "live"]}, purge=[True], **STATE)),
    task("bigv_vm", drawn({"name": VMS}, purge=[True], shutdown_before_deletion=[False], **STATE)),
)
plays = st.lists(st.one_of(user, privilege, privilege, api_key, gone_key, info, info, things), min_size=2, max_size=6)


@PLAYS
@given(here=st.none() | existing_vm("web1"), play=plays, settings=st.sampled_from([{}, {"ids_win": True}]))
def test_plays_about_people(cloud, here, play, settings):
    seed(cloud, here, None, **settings)
    check_play(cloud, play)
