# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""What the API is known to have and the simulator has not: described, and answered with 404 like any unknown path."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field
from typing_extensions import NotRequired, TypedDict

from .device_routes import DISC
from .nested_routes import ACCOUNT, GROUP, MACHINE
from .openapi import described
from .problem import not_found
from .schemas import AuthorizedKeys, BackupSchedule, Id, NewBackupSchedule

router = APIRouter(tags=["Not simulated"])
Level = Literal["account_admin", "group_admin", "vm_admin", "vm_console"]


class User(TypedDict):
    id: Id
    username: str
    email: str | None
    authorized_keys: AuthorizedKeys


class UserChanges(TypedDict):
    authorized_keys: AuthorizedKeys


class Privilege(TypedDict):
    """To one VM, group or account (observed)."""

    level: Level
    virtual_machine_id: NotRequired[int]
    group_id: NotRequired[int]
    account_id: NotRequired[int]
    password_required: NotRequired[bool]
    yubikey_required: NotRequired[bool]
    api_key_id: NotRequired[int]


class PrivilegeRead(Privilege):
    id: Id


class NewApiKey(TypedDict):
    user_id: int
    label: str
    expires_at: NotRequired[str]


class ApiKey(NewApiKey):
    id: Id
    api_key: NotRequired[Annotated[str, Field(description="Answered once, when it is made (observed).")]]


class Backup(TypedDict):
    id: Id
    label: str


class Restore(TypedDict):
    restore: Literal[True]


async def _not_here() -> Response:
    raise not_found()


def _has(method: str, path: str, says: str, **facts: Any) -> None:
    router.add_api_route(
        path,
        _not_here,
        methods=[method],
        description=says,
        **described(**facts),
        name=f"{method.lower()} {path.rpartition('/')[2].strip('{}')}",
    )


_has("GET", "/users", "Documented.", answer=list[User])
_has("GET", "/users/{user}", "Documented.", answer=User)
_has("PUT", "/users/{user}", "Replaces all of the keys (documented).", answer=User, takes=UserChanges)
for _where in ("", "/users/{user}", ACCOUNT, GROUP, MACHINE):
    _has("GET", _where + "/privileges", "Who may do what there (observed).", answer=list[PrivilegeRead])
_has("POST", "/users/{user}/privileges", "Observed.", answer=PrivilegeRead, status=201, takes=Privilege)
_has("DELETE", "/privileges/{privilege}", "Observed.", status=204)
_has("GET", "/api_keys", "Observed.", answer=list[ApiKey], query=("overview",))
_has("POST", "/api_keys", "Observed.", answer=ApiKey, status=201, takes=NewApiKey)
_has("DELETE", "/api_keys/{api_key}", "Observed.", status=204)
_has("GET", DISC + "/backups", "Observed.", answer=list[Backup])
_has("POST", DISC + "/backups", "Observed.", answer=Backup, status=201)
_has("PUT", DISC + "/backups/{backup}", "Puts the disc back to it (observed).", answer=Backup, takes=Restore)
_has("DELETE", DISC + "/backups/{backup}", "Observed.", status=204, query=("purge",))
_has("POST", DISC + "/backup_schedules", "Observed.", answer=BackupSchedule, status=201, takes=NewBackupSchedule)
_has("DELETE", DISC + "/backup_schedules/{schedule}", "Observed.", status=204)
