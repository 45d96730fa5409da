# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The guide to authentication works from nothing, with every kind of credentials."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.tests.unit.docs.reader import Reader, changes

GUIDE = "guide_authentication"
TYPED = {
    "ansible-playbook password.yml": " -e password=password",
    "ansible-playbook session.yml": " -e user=alice -e password=password -e otp=ccccccbcgujh",
}


def test_the_guide(reader: Reader) -> None:
    runs = reader.follow(GUIDE, TYPED)
    # Only the password login creates something.
    assert changes(runs) == [0, 0, 1, 0]
    assert (reader.folder / "vault.yml").read_text(encoding="utf-8").startswith("$ANSIBLE_VAULT;")
    # What comes after the vault works without a token in the environment, and the one-time password is needed.
    assert "BIGV_TOKEN" not in reader.run("env").output
    assert reader.run("ansible-playbook vaulted.yml -e bigv_token=").status == 2
    assert reader.run("ansible-playbook session.yml -e user=alice -e password=password -e otp=").status == 2
