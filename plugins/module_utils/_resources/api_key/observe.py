# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The observed state of the API keys of a label. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import NamedTuple

from ..._core.client import Client
from ..._core.errors import BigvError
from ..._core.moments import read_moment
from ..._core.plan import Resource
from ..privilege.read import list_privileges
from ..privilege.target import PrivilegeTarget, find_target, missing_target
from ..user.read import get_user, is_user, own_user
from .desired import DesiredApiKey
from .read import list_api_keys, owner_of
from .token_file import TokenFile

NEVER = datetime.max.replace(tzinfo=timezone.utc)


class ObservedApiKeys(NamedTuple):
    """The keys that the task is about, and the ``others`` of the user.

    ``orphans`` are what a run that was killed has left. ``targets`` are what the privileges are for, in their order.
    ``now`` is the API's clock. ``on_key`` tells that the task itself runs on a key, and ``token`` is the secret of the
    newest key, where a file holds it.
    """

    keys: Sequence[Resource]
    others: Sequence[Resource]
    orphans: Sequence[Resource]
    targets: Sequence[PrivilegeTarget]
    user: Resource
    now: datetime
    on_key: bool
    token: str | None = None

    @property
    def is_among_them(self) -> bool:
        """Tell whether the task runs on one of the keys that it is about, whichever."""
        return self.on_key and not self.others

    def current(self, desired: DesiredApiKey) -> Resource | None:
        """Return the key that is valid for longest, or None if none is valid any more.

        Where old keys make way for new ones, one that may do nothing counts only where no other may do anything: a run
        that was killed has left it, and its secret is lost.
        """
        is_rotation = desired.exclusive and desired.renew_before is not None
        valid = [key for key in self.keys if expiry_of(key) > self.now]
        return max(
            valid,
            key=lambda key: (is_rotation and bool(key["privileges"]), expiry_of(key), key["id"]),
            default=None,
        )


def expiry_of(key: Resource) -> datetime:
    """Return when a key ends to be valid."""
    text = key.get("expires_at")
    if text is None:
        return NEVER
    moment = read_moment(text)
    if moment is None:
        raise BigvError(f"API key {key['id']} expires at {text!r}, which is not a readable date and time")
    return moment


def observe(client: Client, desired: DesiredApiKey) -> ObservedApiKeys:
    """Read the keys, with one GET, and what names stand for, with one each."""
    listed = list_api_keys(client)
    now = client.api_time
    user = _owner(client, desired, listed)
    if desired.label is not None:
        keys = [key for key in listed if key.get("label") == desired.label]
    else:
        keys = [key for key in listed if key["id"] == desired.id]
    if desired.id is not None and not keys and not desired.is_absent:
        raise BigvError(
            f"id: you have no API key with the id {desired.id}; to create one, set label instead",
            status=404,
        )
    file = TokenFile(desired.token_file) if desired.token_file else None
    known = file.known() if file else None
    orphans = [] if known is None else [key for key in keys if key["id"] not in known]
    return ObservedApiKeys(
        keys=[key for key in with_privileges(client, user, keys) if key not in orphans],
        others=[key for key in listed if key not in keys],
        orphans=orphans,
        targets=_targets(client, desired),
        user=user,
        now=now,
        on_key=client.has_api_key,
        token=file.read() if file else None,
    )


def _owner(client: Client, desired: DesiredApiKey, listed: Sequence[Resource]) -> Resource:
    """Return the user whose keys are listed, who has to be the one that the task names, if it names any."""
    owner = owner_of(listed)
    if desired.user is None:
        if owner is not None:
            return {"id": owner, "username": str(owner)}
        return get_user(client, "user", own_user(client, "user"))
    user = get_user(client, "user", desired.user)
    own = owner if client.has_api_key or owner is not None else client.session_user()
    if own is not None and not is_user(user, str(own)):
        raise not_own(user)
    return user


def not_own(user: Resource) -> BigvError:
    """Return the error of another user than the one whose credentials these are."""
    return BigvError(
        f"user: {user.get('username')} is not the user of these credentials, and only a user's own keys can be read; "
        "use the credentials of that user"
    )


def _targets(client: Client, desired: DesiredApiKey) -> list[PrivilegeTarget]:
    targets: list[PrivilegeTarget] = []
    for index, grant in enumerate(desired.grants or ()):
        prefix = f"privileges[{index}]."
        target = find_target(client, grant, prefix)
        if target.id is None:
            client.report_missing(missing_target(target, prefix))
        if target in targets:
            raise BigvError(f"privileges[{index}]: {target.level} of {target.name} is listed twice")
        targets.append(target)
    return targets


def with_privileges(client: Client, user: Resource, keys: Sequence[Resource]) -> Sequence[Resource]:
    """Return the keys with their privileges, read apart where the API does not nest them."""
    if all("privileges" in key for key in keys):
        return keys
    listed = list_privileges(client, user)
    return [{"privileges": [entry for entry in listed if entry.get("api_key_id") == key["id"]], **key} for key in keys]
