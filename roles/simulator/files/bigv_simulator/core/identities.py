# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Users, their sessions and API keys: how a request is authenticated, and what it may see."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Iterator
from typing import Any

from .access import Identity, Place, place
from .people import ApiKey, Privilege, Session, User, digest_of
from .problem import Problem, not_found
from .settings import Clock, Settings

MAX_VALIDITY = 3600
ADMIN_TOKEN = "apikey.simulator-admin"
READ_ONLY_TOKEN = "apikey.simulator-read-only"
API_KEY_USER = "apikeyuser"
"""What the auth service calls whoever comes with an API key (observed)."""


class Identities:
    def __init__(self, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._settings = settings
        self.users: dict[str, User] = {}
        self.api_keys: dict[str, ApiKey] = {}
        """By their digests."""
        self.sessions: dict[str, Session] = {}
        self.privileges: dict[int, Privilege] = {}

    def log_in(self, body: dict[str, Any]) -> Session:
        """Begin a session.

        Documented: all values are strings. Observed: the texts. Assumed: which of them is a 401 or a 403.
        """
        fields = ("username", "password", "yubikey", "2fa")
        strings = all(isinstance(body.get(name, ""), str) for name in fields)
        if not strings or not {"username", "password"} <= body.keys():
            raise Problem(403, "Badly-formed parameters")
        validity = self._validity(body.get("validity"))
        user = self.users.get(body["username"])
        if user is None or not _same(user.password, body["password"]):
            raise Problem(403, "Bad login credentials")
        factors = ["password"]
        if user.yubikey is not None:
            if not _same(user.yubikey, body.get("yubikey", "")):
                raise Problem(401, "Authentication failed")
            factors.append("yubikey")
        if user.two_factor is not None:
            if not body.get("2fa"):
                raise Problem(403, "Missing 2FA")
            if not _same(user.two_factor, body["2fa"]):
                raise Problem(401, "Authentication failed")
            factors.append("2fa")
        return self._begin(user, factors, validity)

    def impersonate(self, session: Session, body: dict[str, Any]) -> Session:
        """Begin a session as another user: staff only (observed). Which errors others get is assumed."""
        if not session.user.staff:
            raise Problem(403, "Forbidden: only staff may act as another user")
        username = body.get("username")
        if not isinstance(username, str):
            raise Problem(400, "Badly-formed parameters")
        user = self.users.get(username)
        if user is None:
            raise not_found()
        return self._begin(user, [*session.factors, "impersonated"], self._settings.session_seconds)

    def _begin(self, user: User, factors: list[str], validity: float) -> Session:
        self._forget_expired()
        session = Session(secrets.token_hex(16), user, factors, self._clock.now() + validity)
        self.sessions[session.id] = session
        return session

    def secrets(self) -> Iterator[str]:
        """Yield all that somebody could log in or ask with."""
        yield from filter(None, (key.token for key in self.api_keys.values()))
        yield from self.sessions
        for user in self.users.values():
            yield from filter(None, (user.password, user.yubikey, user.two_factor))

    def _validity(self, given: Any) -> float:
        """Return the seconds that a login asks for: a string (documented), cut to the maximum (observed)."""
        if given is None:
            return self._settings.session_seconds
        digits = re.fullmatch("0*([1-9][0-9]*)", str(given))
        if digits is None:
            raise Problem(403, "Badly-formed parameters")
        # Nine digits are above the maximum already, and Python does not take any number of them.
        return min(int(digits[1][:9]), MAX_VALIDITY)

    def _forget_expired(self) -> None:
        now = self._clock.now()
        self.sessions = {key: session for key, session in self.sessions.items() if session.expires_at > now}

    def extend(self, session: Session) -> None:
        """Keep a session alive on use (documented); that it does not cut a longer validity short is assumed."""
        session.expires_at = max(session.expires_at, self._clock.now() + self._settings.session_seconds)

    def expire(self, keys: bool) -> None:
        """End every session now, and every API key as well if asked to."""
        self.sessions.clear()
        if keys:
            for key in self.api_keys.values():
                key.expires_at = self._clock.now()

    def read_session(self, session_id: str) -> Session:
        session = self.sessions.get(session_id)
        if session is None or session.expires_at <= self._clock.now():
            raise not_found()
        return session

    def api_key(self, token: str) -> ApiKey | None:
        """Return the API key that this is, unless it has expired."""
        key = self.api_keys.get(digest_of(token))
        return key if key is not None and (key.expires_at is None or key.expires_at > self._clock.now()) else None

    def authenticate(self, authorization: str | None) -> tuple[Identity, Session | None]:
        scheme, _space, token = (authorization or "").partition(" ")
        token = token.strip()
        if scheme.lower() == "bearer":
            if (key := self.api_key(token)) is not None:
                identity = Identity(user_id=key.user_id, api_key_id=key.id, read_only=key.standing.read_only)
                identity.add(key.standing, self.privileges_of_key(key))
                return identity, None
            session = self.sessions.get(token)
            if session is not None and session.expires_at > self._clock.now():
                user = session.user
                identity = Identity(user_id=user.id, read_only=user.standing.read_only)
                identity.add(user.standing, self.privileges_of_user(user, own=True))
                return identity, session
        raise Problem(401, "Unauthorized: no valid token was given")

    def privileges_of_key(self, key: ApiKey) -> list[Privilege]:
        return [privilege for privilege in self.privileges.values() if privilege.api_key is key]

    def privileges_of_user(self, user: User, own: bool = False) -> list[Privilege]:
        """Return the privileges of a user, those of the user's API keys too unless only `own` ones are asked for."""
        return [
            privilege
            for privilege in self.privileges.values()
            if privilege.user is user and not (own and privilege.api_key is not None)
        ]

    def delete_api_key(self, key: ApiKey) -> None:
        """Delete an API key and its privileges."""
        del self.api_keys[key.digest]
        for privilege in self.privileges_of_key(key):
            del self.privileges[privilege.id]

    def revoke_on(self, gone: Iterable[Place]) -> None:
        """Delete the privileges on objects that are gone."""
        places = set(gone)
        for number in [number for number, found in self.privileges.items() if place(found.target) in places]:
            del self.privileges[number]


def _same(secret: str, given: str) -> bool:
    return hmac.compare_digest(secret.encode("utf-8", "replace"), given.encode("utf-8", "replace"))
