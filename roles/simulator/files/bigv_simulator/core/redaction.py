# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Taking the secrets out of requests before they are shown to anyone."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

MASK = "***"
_DEPTH = 8
_DECODINGS = 5
_LONGEST = 2_000
_REMEMBERED = 10_000
_SHORTEST_PART = 6

# What the name of a secret holds: these letters in a row, whatever stands between them, or one of these words.
_LETTERS = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "authorization",
    "credential",
    "yubikey",
    "2fa",
    "twofactor",
    "firstbootscript",
    "privatekey",
    "accesskey",
    "signature",
    "sessionid",
)
_WORDS = {"pass", "pwd", "pw", "auth", "otp", "totp", "mfa", "pin", "sid", "jwt", "key", "session", "cookie", "sig"}
# What the API calls similarly and is none.
_OPEN = {"api_key_id", "password_required", "ssh_public_key", "yubikey_otp_max_age", "yubikey_required"}

# Path segments that a secret follows, and those that are none themselves.
_BEFORE_SECRETS = {"session", "sessions", "token", "tokens", "password", "passwd", "secret", "apikey", "api_key"}
_COLLECTIONS = {"accounts", "groups", "virtual_machines", "discs", "nics", "backups", "users"}
_API = _COLLECTIONS | {
    "",
    "api_keys",
    "auth",
    "backup_schedules",
    "definitions",
    "ip_create",
    "ips",
    "privileges",
    "reimage",
    "session",
    "signal",
    "swap_virtual_machine_ips",
    "vm_create",
}

_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY.*?(-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_USER_OF_URL = re.compile(r"(?<=//)[^/@\s]+@")
_SCHEME = re.compile(r"\b(bearer|basic)(\s{1,4})[\w+/=.~-]{6,}", re.IGNORECASE)
_API_KEY = re.compile(r"apikey\.[^\s\"'&,;<>/\\]+", re.IGNORECASE)
# Not the parts of an IPv6 address.
_NAME = re.compile(r"""(?<![\w.-])(?!(?<=:)[0-9a-f]{1,4}:)([\w.-]+)\\*["']?\s{0,3}[=:]\s{0,3}""")
_VALUE = re.compile(r""""[^"]*"|'[^']*'|[^\s&;,]+""")
_SESSION = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9_+/-]{12,}={0,2}")


@lru_cache(4096)
def names_a_secret(name: str) -> bool:
    """Tell whether what goes by this name is kept secret."""
    if name in _OPEN:
        return False
    plain = unicodedata.normalize("NFKC", name)
    letters = re.sub(r"[^a-z0-9]+", "", plain.lower())
    words = re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain).lower())
    return any(part in letters for part in _LETTERS) or not _WORDS.isdisjoint(words)


def without_api_keys(text: str) -> str:
    return _API_KEY.sub(MASK, text)


class Redactor:
    """Take out what the names beside it, its form, or the simulator itself know to be secret."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._parts: re.Pattern[str] | None = None
        self._seen = lru_cache(_REMEMBERED)(_in_any_encoding)

    def add_secrets(self, secrets: Iterable[str]) -> None:
        """Keep these texts secret, for good; a poor one, such as `password`, only where it stands alone."""
        new = set(secrets) - self._known - {""}
        self._known |= new
        self._seen.cache_clear()
        if any(map(_is_part, new)):
            parts = sorted(filter(_is_part, self._known), key=len, reverse=True)
            self._parts = re.compile("|".join(map(re.escape, parts)))

    def text(self, given: str) -> str:
        return self._read(given, self._text)

    def path(self, given: str) -> str:
        return _cut(self._read(given, self._path))

    def query(self, given: str) -> str:
        return _cut("&".join(map(self._parameter, given.split("&"))))

    def body(self, raw: bytes) -> Any:
        """Return the body's JSON without its secrets; None for what is not JSON, as any part of it may be secret."""
        try:
            return self._value(json.loads(raw), _DEPTH) if raw else None
        except (ValueError, RecursionError):
            return None

    def _value(self, value: Any, depth: int) -> Any:
        if depth == 0:
            return "…"
        if isinstance(value, dict):
            return {self._name(name): self._named(name, item, depth - 1) for name, item in value.items()}
        if isinstance(value, list):
            return [self._value(item, depth - 1) for item in value]
        if isinstance(value, str):
            return self._string(value, depth - 1)
        return MASK if not isinstance(value, bool) and self._is_known(str(value)) else value

    def _name(self, given: str) -> str:
        return self._read(given, self._plain)

    def _read(self, given: str, redact: Callable[[str], str]) -> str:
        """Redact a text; short ones are remembered, as clients send the same again and again."""
        return (self._seen if len(given) <= _LONGEST else _in_any_encoding)(given, redact)

    def _named(self, name: str, value: Any, depth: int) -> Any:
        is_open = value is None or isinstance(value, bool) or not names_a_secret(name)
        return self._value(value, depth) if is_open else MASK

    def _string(self, given: str, depth: int) -> str:
        """Redact a string, which may be JSON itself."""
        if given.lstrip()[:1] in ("{", "[", '"'):
            try:
                inner = json.loads(given)
            except (ValueError, RecursionError):
                return self.text(given)
            redacted = self._value(inner, depth)
            return self.text(given) if redacted == inner else json.dumps(redacted, ensure_ascii=False)
        return self.text(given)

    def _parameter(self, given: str) -> str:
        name, equals, value = given.partition("=")
        secret = names_a_secret(_fully_decoded(name))
        return self._name(name) + equals + (MASK if value and secret else self.text(value))

    def _path(self, given: str) -> str:
        segments = self._plain(given).split("/")
        kinds = [segment.lower() for segment in segments]
        hidden = kinds[1:2] == ["auth"]
        for position, kind in enumerate(kinds):
            if segments[position] in self._known or (hidden and kind not in _API):
                segments[position] = MASK
            else:
                segments[position] = self._without_base64(segments[position])
            hidden = hidden or (kind in _BEFORE_SECRETS and not _is_name(kinds, position))
        return "/".join(segments)

    def _text(self, given: str) -> str:
        return MASK if given in self._known else self._without_base64(self._plain(given))

    def _plain(self, given: str) -> str:
        shown = _PRIVATE_KEY.sub(MASK, given)
        if self._parts is not None:
            shown = self._parts.sub(MASK, shown)
        shown = _SESSION.sub(lambda found: MASK if found[0].lower() in self._known else found[0], shown)
        shown = _SCHEME.sub(rf"\1\2{MASK}", without_api_keys(shown))
        return _without_named(_USER_OF_URL.sub(MASK + "@", shown))

    def _without_base64(self, given: str) -> str:
        return _BASE64.sub(lambda found: MASK if self._hides_a_secret(found[0]) else found[0], given)

    def _hides_a_secret(self, encoded: str) -> bool:
        standard = encoded.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            decoded = base64.b64decode(standard + "==")
        except ValueError:
            return False
        text = decoded.decode("utf-8", "replace")
        return self._is_known(text) or _API_KEY.search(text) is not None

    def _is_known(self, text: str) -> bool:
        """Tell whether a text holds a secret that is long enough to be no accident."""
        return (self._parts is not None and self._parts.search(text) is not None) or any(
            found.lower() in self._known for found in _SESSION.findall(text)
        )


def _without_named(given: str) -> str:
    """Mask the values in `name=value` and `name: value`."""
    shown, end = "", 0
    for found in _NAME.finditer(given):
        value = _VALUE.match(given, found.end())
        if value is not None and found.end() > end and names_a_secret(found[1]):
            shown += given[end : found.end()] + MASK
            end = value.end()
    return shown + given[end:]


def _is_part(known: str) -> bool:
    """Tell whether a secret is looked for by itself; sessions may be many, and are known by their form."""
    return len(known) >= _SHORTEST_PART and known not in _LETTERS and not _SESSION.fullmatch(known)


def _in_any_encoding(given: str, redact: Callable[[str], str]) -> str:
    """Redact a text however often it is percent-encoded; one without secrets stays as it is spelled."""
    shown = spelled = given
    for _decoding in range(_DECODINGS):
        redacted = redact(spelled)
        if redacted != spelled:
            shown = redacted
        spelled = unquote_plus(redacted) if "%" in redacted or "+" in redacted else redacted
        if spelled == redacted:
            break
    return shown


def _fully_decoded(given: str) -> str:
    for _decoding in range(_DECODINGS):
        given = unquote_plus(given)
    return given


def _is_name(kinds: list[str], position: int) -> bool:
    """Tell whether a path segment is what something is called, such as a group."""
    before = [kind for kind in kinds[:position] if kind]
    after = [kind for kind in kinds[position + 1 :] if kind]
    return before[-1:] != [] and before[-1] in _COLLECTIONS and (not after or after[0] in _API)


def _cut(shown: str) -> str:
    return shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "…"
