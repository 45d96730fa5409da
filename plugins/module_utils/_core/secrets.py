# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Keeping secrets out of results, and out of what ansible-core prints. Private to bytemark.cloud."""

from __future__ import annotations

import json
from collections.abc import Iterable, Set
from typing import Any

from .arguments import HIDDEN
from .redaction import STARS

try:
    from ansible.module_utils.secrets import register_secrets
except ImportError:  # ansible-core before 2.22 masks no output.

    def register_secrets(values: Iterable[str], /) -> None:
        """Do nothing."""


__all__ = ["register_secrets", "without_secrets"]


def without_secrets(result: dict[str, Any], secrets: Set[str]) -> dict[str, Any]:
    """Return a result without the secrets of the options: what is one is hidden, and a part that is one becomes stars.

    ansible-core did this for ordinary modules before 2.22, which only masks what it prints.

    >>> without_secrets({"cores": 12, "names": ["web1", "abcd", "db"]}, {"12", "abc", "web"})
    {'cores': 'VALUE_SPECIFIED_IN_NO_LOG_PARAMETER', 'names': ['********1', '********d', 'db']}
    """
    longest_first = sorted(secrets, key=len, reverse=True)
    encoded = [json.dumps(secret, ensure_ascii=False)[1:-1] for secret in longest_first]

    def holds_a_secret(value: Any) -> bool:
        text = json.dumps(value, ensure_ascii=False)
        return any(secret in text for secret in encoded)

    # Most results are large and hold none: visiting every part of them would take longer.
    return {key: _without(value, longest_first) if holds_a_secret(value) else value for key, value in result.items()}


def _without(value: Any, longest_first: list[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(entry, longest_first) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without(entry, longest_first) for entry in value]
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    if text in longest_first:
        return HIDDEN
    if not isinstance(value, str):
        return HIDDEN if any(secret in text for secret in longest_first) else value
    for secret in longest_first:
        text = text.replace(secret, STARS)
    return text
