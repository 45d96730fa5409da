# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Names, paths and sizes as users write them. Pure. Private to bytemark.cloud."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from .errors import BigvError, shown_name

MIB = {"": 1, "M": 1, "MIB": 1, "G": 1024, "GIB": 1024, "T": 1024**2, "TIB": 1024**2}
SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)", re.ASCII)
MAX_SIZE = 2**53
# A timeout in milliseconds has to fit into 32 bits.
MAX_NUMBER = 2_000_000
# The end of every host name, which says nothing (documented).
CLUSTER = ".uk0.bigv.io"
UNSAFE = re.compile(r"[\x00-\x20\x7f/\\?#%]|\s")
MAX_NAME = 255


class NumericName(str):
    """A name that is all digits, with the id of the resource that has it.

    Paths hold the id in its place, because the API could take the name for the id of something else: which of the two
    it prefers is not known.
    """

    id: int

    def __new__(cls, name: str, resource_id: int) -> NumericName:
        """Return the name, which knows the id."""
        self = super().__new__(cls, name)
        self.id = resource_id
        return self


def api_path(*segments: object) -> str:
    """Return the path of a resource, every segment quoted. What the API calls things is not always fit for one."""
    for segment in segments:
        if segment in (None, "", ".", "..") or not str(segment).isprintable():
            raise BigvError(f"The API returned the name {segment!r}, which cannot be part of a path.")
    return "".join("/" + quote(str(getattr(segment, "id", segment)), safe="") for segment in segments)


def name_of(resource: Mapping[str, Any], key: str = "name") -> str:
    """Return the name of a resource, for use in paths. One that has none cannot be asked for."""
    name = "" if resource.get(key) is None else str(resource[key])
    return NumericName(name, resource["id"]) if is_id(name) and isinstance(resource.get("id"), int) else name


def is_id(text: str) -> bool:
    """Tell whether the text can be the id of a resource, rather than its name."""
    return text.isascii() and text.isdigit() and len(text) < 19


def is_numeric(name: str) -> bool:
    """Return whether the name is a number of which is not known yet what it stands for."""
    return is_id(name) and not isinstance(name, NumericName)


def find_by_name_or_id(
    option: str, value: str, resources: Iterable[Mapping[str, Any]], kind: str, name_key: str = "name"
) -> Any:
    """Return the resource that has the value as its name, or else as its id, or None.

    Which of the two the API prefers is not known, so a number that is the name of one resource and the id of another
    is refused.
    """
    resources = list(resources)
    named = next((found for found in resources if found.get(name_key) == value), None)
    if not is_id(value):
        return named
    with_id = next((found for found in resources if found.get("id") == int(value)), None)
    if named is not None and with_id is not None and named.get("id") != with_id.get("id"):
        raise BigvError(
            f"{option}: {value!r} is the name of one {kind} and the id of another, "
            f"{shown_name(with_id.get(name_key))}; rename one of them, or refer to the {kind} in another way"
        )
    return named if named is not None else with_id


def find_by_name(
    option: str, value: str, resources: Iterable[Mapping[str, Any]], kind: str, instead: str = "use the name"
) -> Any:
    """Return the resource that has the value as its name, or None; refuse a number that is the id of one."""
    found = find_by_name_or_id(option, value, resources, kind)
    if found is not None and found.get("name") != value:
        shown = shown_name(found.get("name"))
        raise BigvError(f"{option}: {value!r} is the id of the {kind} {shown}, not a name; {instead}")
    return found


def check_spelling(option: str, kind: str, name: str, others: Iterable[Any]) -> None:
    """Refuse a name that differs from one of the others in case only."""
    for other in others:
        if other != name and is_same_name(other, name):
            raise BigvError(
                f"{option}: {name!r} differs from the {kind} {shown_name(other)} in case only; use the existing "
                "spelling"
            )


def is_same_name(one: Any, other: Any) -> bool:
    """Tell whether two names are one to DNS, which does not tell capitals from small letters."""
    return str(one or "").casefold() == str(other or "").casefold()


def is_same_domain(one: str | None, other: str | None) -> bool:
    """Tell whether two domain names are one to DNS, where a dot at the end says nothing; no name is one, too.

    >>> is_same_domain("www.Example.com.", "www.example.com"), is_same_domain("", None), is_same_domain("a", "b")
    (True, True, False)
    """
    return is_same_name((one or "").removesuffix("."), (other or "").removesuffix("."))


def other_spelling(kind: str, name: str, resource: Mapping[str, Any] | None) -> list[str]:
    """Return a warning if the API spells a name otherwise than it was written."""
    if resource is None or resource.get("name", name) == name:
        return []
    shown = shown_name(resource["name"])
    return [f"The API calls the {kind} {name!r} {shown}. Use that spelling from now on: the next run refuses {name!r}."]


def check_name(option: str, name: str, dots: bool = False) -> str:
    """Return the name, if it can be one segment of a path and one component of a host name."""
    if not name:
        raise BigvError(f"{option}: must not be empty")
    if len(name) > MAX_NAME:
        raise BigvError(f"{option}: {name[:20]!r}… has {len(name)} characters; the maximum is {MAX_NAME}")
    if UNSAFE.search(name) or name in (".", "..") or not name.isprintable():
        raise BigvError(
            f"{option}: {name!r} is not a valid name: white space, the characters / \\ ? # % and unprintable "
            "characters are not allowed"
        )
    if "." in name and not dots:
        raise BigvError(f"{option}: {name!r} is not a valid name: dots are not allowed")
    return name


def component(
    option: str,
    name_option: str,
    name: str | None,
    parts: list[str],
    position: int,
    explicit: str | None,
    default: str | None,
) -> str:
    """Return a component of a dotted name, from the name, the option of its own, or else a default."""
    dotted = parts[position] if len(parts) > position else None
    for named, value in ((name_option, dotted), (option, explicit)):
        if value is not None:
            check_name(named, value)
    if dotted is not None and explicit is not None and dotted != explicit:
        raise BigvError(
            f"{option}: {explicit!r} contradicts {name_option}: {name!r}, which means {dotted!r}; set only one of the "
            "two"
        )
    for value in (dotted, explicit, default):
        if value is not None:
            return check_name(name_option if value is dotted else option, value)
    raise BigvError(
        f"{option}: is required; set the option or the environment variable BIGV_ACCOUNT, or use a dotted name"
    )


def check_one_given(params: Mapping[str, Any], *options: str) -> None:
    """Refuse that none of the options says anything: to ansible-core, one that is null is given."""
    if all(params[option] is None for option in options):
        raise BigvError(f"{options[0]}: is missing; set {' or '.join(options)}")


def check_number(option: str, value: int | None, least: int, most: int = MAX_NUMBER) -> int | None:
    """Return the number, if it is one: to ansible-core, true is one too."""
    if isinstance(value, bool):
        raise BigvError(f"{option}: must be a number, got {value}")
    if value is not None and value < least:
        raise BigvError(f"{option}: must be at least {least}, got {value}")
    if value is not None and value > most:
        raise BigvError(f"{option}: must be at most {most}")
    return value


def check_new_names(params: Mapping[str, Any], *options: str, dots: bool = False) -> None:
    """Check the options that rename or move, which say nothing about what is to be absent."""
    for option in options:
        if params[option] is None:
            continue
        if params["state"] == "absent":
            raise BigvError(f"{option}: cannot be used with state: absent; refer to the resource by its current name")
        check_name(option, params[option], dots=dots)


def parse_size(option: str, value: str | int) -> int:
    """Return a size in MiB, from MiB or a string with a binary unit: ``2048``, ``2GiB``, ``2 G``, ``1.5TiB``."""
    text = str(value).strip()
    match = SIZE.fullmatch(text) if len(text) < 40 else None
    unit = MIB.get(match[2].upper()) if match else None
    if match is None or unit is None:
        raise BigvError(
            f"{option}: {text[:40]!r} is not a size; specify a whole number of MiB, or a number with the unit M, G, "
            "T, MiB, GiB or TiB"
        )
    whole, _point, decimals = match[1].partition(".")
    size, rest = divmod(int(whole + decimals) * unit, 10 ** len(decimals))
    if rest:
        raise BigvError(f"{option}: must be a whole number of MiB, got {text!r}")
    if size < 1:
        raise BigvError(f"{option}: must be at least 1 MiB, got {text!r}")
    if size > MAX_SIZE:
        raise BigvError(f"{option}: must be at most {MAX_SIZE} MiB, got {text!r}")
    return int(size)


def show_size(mib: int) -> str:
    """Return a size in MiB as a person would write it.

    >>> show_size(25600), show_size(1500)
    ('25 GiB', '1500 MiB')
    """
    for unit, factor in (("TiB", 1024**2), ("GiB", 1024)):
        if mib >= factor and mib % factor == 0:
            return f"{mib // factor} {unit}"
    return f"{mib} MiB"
