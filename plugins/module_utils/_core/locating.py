# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Finding out what a number stands for where a name is expected. Private to bytemark.cloud.

The API takes a name or an id in each part of a path, and which of the two it prefers is not known. Here a number is a
name first, and an id only of something that lies in what is named beside it; one that is both is refused. A name that
is not all digits costs no request.
"""

from __future__ import annotations

from .attributes import Schema
from .client import Client
from .errors import NotFound
from .names import NumericName, find_by_name, find_by_name_or_id
from .plan import Resource


def find_numeric(
    client: Client,
    path: str,
    option: str,
    name: str,
    schema: Schema,
    *,
    may_be_id: bool = True,
    instead: str = "use the name",
    name_key: str = "name",
    **query: str,
) -> Resource | None:
    """Return the resource of a list that has the number as its name or, if it ``may_be_id``, as its id.

    None says that there is none; an empty resource that the API does not give the list.
    """
    try:
        listed = client.get_list(path, f"the list {path}", schema, **query)
    except NotFound:
        return {}
    if may_be_id:
        found: Resource | None = find_by_name_or_id(option, name, listed, schema.noun, name_key)
    else:
        found = find_by_name(option, name, listed, schema.noun, instead)
    return found


def list_filter(kind: str, name: str) -> dict[str, str]:
    """Return the filter of the flat lists for what lies in something of a kind, such as ``account``, and of a name.

    >>> list_filter("account", "acme"), list_filter("account", "")
    ({'account_name': 'acme'}, {})
    """
    if not name:
        return {}
    return {f"{kind}_id": str(name.id)} if isinstance(name, NumericName) else {f"{kind}_name": name}
