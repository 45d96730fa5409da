# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The desired state of an API key. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ..._core.durations import parse_duration
from ..._core.errors import BigvError
from ..._core.kind import STATE
from ..._core.moments import parse_moment
from ..._core.names import check_one_given
from ..privilege.attributes import TARGETS
from ..privilege.target import check_target

# What a key can have (documented).
KEY_LEVELS = [level for level in TARGETS if level != "account_admin"]
GRANT_OPTIONS: dict[str, Any] = {
    "level": {"type": "str", "required": True, "choices": KEY_LEVELS},
    "vm": {"type": "str"},
    "group": {"type": "str"},
    "account": {"type": "str"},
}
API_KEY_OPTIONS: dict[str, Any] = {
    "user": {"type": "str"},
    "label": {"type": "str"},
    "id": {"type": "int"},
    "expires_at": {"type": "str"},
    "valid_for": {"type": "str"},
    "renew_before": {"type": "str"},
    "privileges": {"type": "list", "elements": "dict", "options": GRANT_OPTIONS},
    "exclusive": {"type": "bool", "default": False},
    "token_file": {"type": "path"},
    "state": STATE,
    "force": {"type": "bool", "default": False},
}
API_KEY_CONSTRAINTS: dict[str, Any] = {
    "required_one_of": [("label", "id")],
    "mutually_exclusive": [("label", "id"), ("expires_at", "valid_for"), ("id", "renew_before"), ("id", "exclusive")],
}


class DesiredApiKey(NamedTuple):
    """The desired state of the keys of a label, or of one key. Durations are in seconds.

    ``grants`` are the options of its privileges, which are the exact set; None says nothing about them.
    """

    user: str | None
    label: str | None
    id: int | None
    is_absent: bool
    expires_at: datetime | None
    valid_for: int | None
    renew_before: int | None
    grants: Sequence[Mapping[str, Any]] | None
    exclusive: bool
    token_file: str | None
    force: bool

    @property
    def name(self) -> str:
        """Return what messages call the key."""
        return self.label if self.label is not None else str(self.id)

    def expiry(self, now: datetime) -> datetime | None:
        """Return when a key that is made now ends to be valid; None is never."""
        return self.expires_at if self.valid_for is None else now + timedelta(seconds=self.valid_for)


def desired_api_key(params: Mapping[str, Any]) -> DesiredApiKey:
    """Return what the options of ``bigv_api_key`` ask for. Refuse what contradicts itself."""
    check_one_given(params, "label", "id")
    label, is_absent = params["label"], params["state"] == "absent"
    if label is not None and (not label.strip() or not label.isprintable()):
        raise BigvError("label: must not be blank or contain unprintable characters")
    grants = params["privileges"]
    for index, grant in enumerate(grants or ()):
        check_target(_grant_params(grant, params), f"privileges[{index}].")
    valid_for, renew_before = (_duration(params, option) for option in ("valid_for", "renew_before"))
    for option in ("expires_at", "valid_for", "renew_before", "privileges", "token_file"):
        if is_absent and params[option] is not None:
            raise BigvError(f"{option}: cannot be used with state: absent; leave it out")
    if renew_before is not None and params["expires_at"] is None and valid_for is None:
        raise BigvError("renew_before: the new key would never expire; set valid_for to limit how long it is valid")
    if renew_before is not None and valid_for is not None and renew_before >= valid_for:
        raise BigvError("renew_before: must be less than valid_for, or each run would create a new key")
    return DesiredApiKey(
        user=params["user"],
        label=label,
        id=params["id"],
        is_absent=is_absent,
        expires_at=None if params["expires_at"] is None else parse_moment("expires_at", params["expires_at"]),
        valid_for=valid_for,
        renew_before=renew_before,
        grants=None if grants is None else [_grant_params(grant, params) for grant in grants],
        exclusive=params["exclusive"],
        token_file=params["token_file"],
        force=params["force"],
    )


def _duration(params: Mapping[str, Any], option: str) -> int | None:
    return None if params[option] is None else parse_duration(option, params[option])


def _grant_params(grant: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that name the target of a privilege, completed as the task's own are."""
    account = params["account"] if grant["account"] is None else grant["account"]
    return {
        **grant,
        "account": account,
        "default_account": params["default_account"],
        "default_group": params["default_group"],
    }
