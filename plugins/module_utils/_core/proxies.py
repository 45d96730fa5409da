# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The proxies that the environment names. Private to bytemark.cloud."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit


def names_proxies() -> bool:
    """Tell whether the environment names a proxy. macOS has settings of its own for that."""
    if sys.platform == "darwin":
        from urllib.request import getproxies

        return bool(getproxies().keys() - {"no"})
    names = (name.lower() for name, value in os.environ.items() if value)
    return any(name.endswith("_proxy") and name != "no_proxy" for name in names)


def proxy_for(url: str) -> tuple[str, str]:
    """Return the proxy that requests takes for a URL, if any, after the variable of the environment that says so."""
    if not names_proxies():
        return "", ""
    from requests.utils import get_environ_proxies

    proxies = get_environ_proxies(url)
    scheme = urlsplit(url).scheme
    name = next((name for name in (scheme, "all") if proxies.get(name)), scheme)
    return f"{name}_proxy", proxies.get(name, "")
