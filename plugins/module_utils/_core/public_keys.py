# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""SSH public keys, told from private ones and from anything else. Pure. Private to bytemark.cloud."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from functools import lru_cache

from .errors import BigvError

# What private keys hold in the formats of OpenSSH, PEM, PuTTY and SSH.com, and the first two again as base64.
PRIVATE = re.compile(
    r"PRIVATE\s*KEY|PuTTY-User-Key-File|Private-Lines|AGE-SECRET-KEY|b3BlbnNzaC1rZXktdjE|LS0tLS1CRUdJTi", re.IGNORECASE
)
OPTION = r"""[A-Za-z0-9-]+(?:="(?:[^"\\]|\\.)*")?"""
LINE = re.compile(
    rf"(?:{OPTION}(?:,{OPTION})*[ \t]+)?"
    r"(?P<type>(?:sk-)?(?:ssh|ecdsa)-[\w.-]+(?:@[\w.-]+)?)[ \t]+"
    r"(?P<key>[A-Za-z0-9+/]+={0,3})(?:[ \t]+.*)?"  # and a comment
)
# How many fields a public key of a type has; a private one has more.
FIELDS = {"ssh-rsa": 3, "ssh-dss": 5, "ssh-ed25519": 2, "sk-ssh-ed25519@openssh.com": 3}
# What stands for a key in an example.
EXAMPLE = re.compile("[A-Za-z]{4}")
PATH = re.compile(r"(?:~|\.{0,2}/|[A-Za-z]:\\)\S*|\S+\.pub|\S*id_[a-z0-9]+\S*")


def authorized_keys(option: str, entries: Sequence[str]) -> str:
    """Return the keys, one a line, without comment lines; refuse what is no public key, and do not show it."""
    for position, entry in enumerate(entries):
        problem = misfit(entry)
        if problem:
            raise BigvError(f"{option}[{position}]: {problem}")
    return "\n".join(line for entry in entries for line in _lines(entry))


def is_public(text: str) -> bool:
    """Tell whether a text is public keys, one a line, and nothing else."""
    return not misfit(text)


@lru_cache(maxsize=1024)
def misfit(text: str) -> str:
    """Return what is wrong with public keys, one a line, without showing them; nothing if they are.

    >>> misfit("/root/.ssh/id_ed25519.pub")
    "is the path of a file; specify its content, with lookup('ansible.builtin.file', …)"
    """
    lines = _lines(text)
    if not lines:
        return "contains no key; leave it out, or specify a public key"
    if PRIVATE.search(text) or PRIVATE.search("".join(text.split())):
        return "is a private key, which must stay secret; specify the public key, from the file that ends in .pub"
    if len(lines) == 1 and PATH.fullmatch(lines[0]):
        return "is the path of a file; specify its content, with lookup('ansible.builtin.file', …)"
    keys = list(map(_key, lines))
    if not all(keys):
        return "is not a public key; specify it as in authorized_keys, such as 'ssh-ed25519 AAAA… me'"
    if not all(key and is_whole(key["type"], key["key"]) for key in keys):
        return "is a public key that is truncated or does not match its type; copy it again, as one line"
    return ""


def key_of(line: str) -> str:
    """Return the identity of the key in a line of authorized_keys: its type and key, or else the line itself.

    >>> key_of("ssh-ed25519 AAAA me") == key_of('from="10.0.0.0/8" ssh-ed25519 AAAA somebody else')
    True
    """
    key = _key(line)
    return f"{key['type']} {key['key']}" if key else line


def _lines(text: str) -> list[str]:
    """Return the lines that say something, as of a file authorized_keys."""
    lines = (line.strip() for line in re.split(r"\r\n|\r|\n", text))
    return [line for line in lines if line and not line.startswith("#")]


def _key(line: str) -> re.Match[str] | None:
    return LINE.fullmatch(line) if line.replace("\t", " ").isprintable() else None


def is_whole(kind: str, key: str) -> bool:
    """Tell whether the base64 of a key is one of this type, up to its end.

    >>> is_whole("ssh-dss", "AAAAB3NzaC1kc3M="), is_whole("ssh-rsa", "AAAAB3NzaC1kc3M=")
    (True, False)
    """
    if EXAMPLE.fullmatch(key):
        return True
    fields = _fields(key)
    return fields[:1] == [kind.encode()] and len(fields) <= FIELDS.get(kind, len(fields))


def _fields(key: str) -> list[bytes]:
    """Return the fields of a key, each of which begins with its length; none if one is cut."""
    try:
        data = base64.b64decode(key + "=" * (-len(key) % 4), validate=True)
    except binascii.Error:
        return []
    fields = []
    while data:
        length = int.from_bytes(data[:4], "big")
        if len(data) < 4 + length:
            return []
        fields.append(data[4 : 4 + length])
        data = data[4 + length :]
    return fields
