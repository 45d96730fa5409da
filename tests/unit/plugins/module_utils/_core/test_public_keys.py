# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Public keys as people have them are taken; private keys, and whatever else stands in their place, are not."""

from __future__ import annotations

import base64
import struct

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core.public_keys import is_public, misfit
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

PRIVATE = [
    ed25519.Ed25519PrivateKey.generate(),
    rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ec.generate_private_key(ec.SECP256R1()),
]
PUBLIC = [
    key.public_key()
    .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    .decode()
    for key in PRIVATE
]  # fmt: skip
KEY = PUBLIC[0]


def pem(key, form: str, passphrase: bytes = b"") -> str:
    encryption = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    form = getattr(serialization.PrivateFormat, form)
    return key.private_bytes(serialization.Encoding.PEM, form, encryption).decode()


PEMS = [pem(key, form) for key in PRIVATE for form in ("OpenSSH", "PKCS8")]
PEMS += [pem(key, "PKCS8", b"passphrase") for key in PRIVATE]
PEMS += [pem(key, "TraditionalOpenSSL") for key in PRIVATE[1:]]
PUTTY = f"""PuTTY-User-Key-File-3: ssh-ed25519
Encryption: none
Comment: me
Public-Lines: 2
{KEY.split()[1]}
Private-Lines: 1
AAAAIEs2Vq
Private-MAC: 01
"""


def ssh_string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def agent_blob() -> str:
    """Return a private key as agents pass it on, which begins as a public one does."""
    public = PRIVATE[0].public_key().public_bytes_raw()
    secret = PRIVATE[0].private_bytes_raw() + public
    return base64.b64encode(b"".join(map(ssh_string, (b"ssh-ed25519", public, secret)))).decode()


TAKEN = [
    *PUBLIC,
    *(f"{key} me@example.com" for key in PUBLIC),
    f"{KEY} a comment with spaces, and ünicode",
    f"  {KEY}\tme \n",
    f'no-pty,command="echo \\"hi there\\"",from="10.0.0.0/8,192.0.2.1" {KEY} me',
    f"cert-authority {KEY}",
    f"# mine\n\n{KEY} one\n{PUBLIC[1]} two\n\n# end\n",
    f"{KEY} one\r\n{PUBLIC[1]} two\r\n",
    "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t me",
    "sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20= me",
    "ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t me",
    "ssh-rsa-cert-v01@openssh.com AAAAHHNzaC1yc2EtY2VydC12MDFAb3BlbnNzaC5jb20",
    "ssh-dss AAAAB3NzaC1kc3M= old",
    "ssh-ed25519 AAAA an example",
    f'restrict,environment="A=b c",permitopen="10.0.0.1:80" {KEY}',
]
REJECTED = [
    *PEMS,
    *(text.replace("\n", "\r\n") for text in PEMS),
    *(text.replace("\n", " ") for text in PEMS),
    *(text.replace("\n", "") for text in PEMS),
    *(f"{KEY} me\n{text}{KEY}" for text in PEMS),
    *(f"{KEY} {text.strip()}".replace("\n", " ") for text in PEMS),
    *("".join(text.split("\n")[1:-2]) for text in PEMS),
    *(base64.b64encode(text.encode()).decode() for text in PEMS),
    *(f"ssh-rsa {''.join(text.split(chr(10))[1:-2])}" for text in PEMS),
    *(f"ssh-rsa {base64.b64encode(text.encode()).decode()} me" for text in PEMS),
    f"ssh-ed25519 {agent_blob()} me",
    agent_blob(),
    PUTTY,
    PUTTY.replace("\n", "\r\n"),
    "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nP2/56wAAA\n---- END SSH2 ENCRYPTED PRIVATE KEY ----",
    "AGE-SECRET-KEY-1QQQ",
    "", " ", "\n", "# only a comment",
    "hunter2", "ssh-ed25519", "ssh-ed25519 !", "alice", "None", KEY.split()[1],
    KEY[:-6], KEY[:60], KEY + "AAAA", f"{KEY[:40]} {KEY[40:]}",
    f"ssh-rsa {KEY.split()[1]}", f"ssh-ed25591 {KEY.split()[1]}",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI me", "ssh-ed25519 hunter2", "ssh-ed25519 12345678 me", "555", "True",
    f'from="10.0.0.0/8 {KEY}', f'from=10.0.0.0/8 {KEY}', f'8"],["b" {KEY}', f"['{KEY}']", f'["{KEY}"]',
    f'{{"key": "{KEY}"}}', f"{{'key':'{KEY}'}}", f"{KEY},{PUBLIC[1]}", f"{KEY};", f"{PUBLIC[0]} me\n{PUBLIC[1][:80]}",
    f"{KEY}\0", f"{KEY} \x1b[31m", f"{KEY}\nhunter2",
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(TAKEN)))
def test_public_keys_are_taken(number):
    assert is_public(TAKEN[number])


@pytest.mark.parametrize("number", range(len(REJECTED)))
def test_what_is_no_public_key_is_refused_and_not_shown(number):
    problem = misfit(REJECTED[number])
    assert problem
    assert not any(len(word) > 11 and word in problem for word in REJECTED[number].split())


@pytest.mark.parametrize("number", range(len(PEMS)))
def test_a_private_key_is_called_one(number):
    assert "is a private key" in misfit(PEMS[number])


@pytest.mark.parametrize(
    "text", ["~/.ssh/id_ed25519.pub", "/root/.ssh/id_rsa", "./key", "../key", "id_ed25519", "keys/alice.pub", "C:\\key"]
)
def test_a_path_has_a_hint_of_its_own(text):
    assert "is the path of a file" in misfit(text)
