# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""The arguments of what runs in the controller, as ansible-core validates them. Private to bytemark.cloud."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult

from ..module_utils._core.arguments import TRIPS


def validated_by(
    spec: Mapping[str, Any], arguments: dict[str, Any], constraints: Mapping[str, Any] = MappingProxyType({})
) -> ValidationResult | None:
    """Return what ansible-core makes of the arguments; None if it trips over them."""
    try:
        validated = ArgumentSpecValidator(spec, **constraints).validate(arguments)
        json.dumps(validated.validated_parameters)  # A number of thousands of digits has no text.
    except TRIPS:
        return None
    return validated
