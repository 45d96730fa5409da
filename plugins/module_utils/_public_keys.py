# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""SSH public keys, told from private ones and from anything else. Pure. Private to bytemark.cloud."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from functools import lru_cache

from ansible_collections.bytemark.cloud.plugins.module_utils._errors import BigvError

# What private keys hold in the formats of OpenSSH, PEM, PuTTY and SSH.com, and the first two again as base64.
PRIVATE = re.compile(
    r"PRIVATE\s*KEY|PuTTY-User-Key-File|Private-Lines|AGE-SECRET-KEY|b3BlbnNzaC1rZXktdjE|LS0tLS1CRUdJTi", re.IGNORECASE
)
LINE = re.compile(
    r"""(?:(?:[^\s"]|"(?:[^"\\]|\\.)*")+[ \t]+)?"""  # options
    r"(?P<type>(?:sk-|webauthn-sk-)?(?:ssh|ecdsa|rsa|x509v3)-[\w.-]+(?:@[\w.-]+)?)[ \t]+"
    r"(?P<key>[A-Za-z0-9+/]+={0,3})(?:[ \t]+.*)?"  # and a comment
)
# How many fields a public key of a type has; a private one has more.
FIELDS = {"ssh-rsa": 3, "ssh-dss": 5, "ssh-ed25519": 2, "sk-ssh-ed25519@openssh.com": 3}
# Every real key begins like this; shorter ones stand for a key, as in an example.
BEGIN, LONGEST_EXAMPLE = "AAAA", 40
PATH = re.compile(r"(?:~|\.{0,2}/|[A-Za-z]:\\)\S*|\S+\.pub|\S*id_[a-z0-9]+\S*")


def checked_public_keys(option: str, keys: Sequence[str]) -> list[str]:
    """Return the keys without blanks around them; refuse what is no public key, and do not show it."""
    for position, key in enumerate(keys):
        problem = misfit(key)
        if problem:
            raise BigvError(f"{option}[{position}]: {problem}")
    return ["\n".join(_lines(key)) for key in keys]


def is_public(text: str) -> bool:
    """Tell whether a text is public keys, one a line, and nothing else."""
    return not misfit(text)


@lru_cache(maxsize=1024)
def misfit(text: str) -> str:
    """Return what is wrong with public keys, one a line, without showing them; nothing if they are.

    >>> misfit("/root/.ssh/id_ed25519.pub")
    "is the path of a file; give what is in it, with lookup('ansible.builtin.file', …)"
    """
    lines = [line for line in _lines(text) if line and not line.startswith("#")]
    if not lines:
        return "holds no key; leave it out, or give a public key"
    if PRIVATE.search(text) or PRIVATE.search("".join(text.split())):
        return "is a private key, which nobody else may have; give the public one, as the file that ends in .pub has it"
    if len(lines) == 1 and PATH.fullmatch(lines[0]):
        return "is the path of a file; give what is in it, with lookup('ansible.builtin.file', …)"
    if not all(map(_is_key, lines)):
        return "is not a public key; give it as in authorized_keys, such as 'ssh-ed25519 AAAA… me'"
    return ""


def _lines(text: str) -> list[str]:
    return [line.strip() for line in re.split(r"\r\n|\r|\n", text.strip())]


def _is_key(line: str) -> bool:
    match = LINE.fullmatch(line)
    if not match or not line.replace("\t", " ").isprintable():
        return False
    key = match["key"]
    if not key.startswith(BEGIN):
        return len(key) < LONGEST_EXAMPLE
    fields = _fields(key)
    return len(fields) <= FIELDS.get(match["type"], len(fields))


def _fields(key: str) -> list[bytes]:
    """Return the fields of a key, each of which begins with its length; those before one that is cut."""
    try:
        data = base64.b64decode(key + "=" * (-len(key) % 4))
    except binascii.Error:
        return []
    fields = []
    while len(data) >= 4 and len(data) >= 4 + (length := int.from_bytes(data[:4], "big")):
        fields.append(data[4 : 4 + length])
        data = data[4 + length :]
    return fields
