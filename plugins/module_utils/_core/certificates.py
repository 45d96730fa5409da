# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""The certificates to trust, from where requests takes them. Private to bytemark.cloud."""

from __future__ import annotations

import os
from typing import Any

# What names them, in this order, where ca_path is not given.
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
NO_CERTIFICATES = "there is no CA certificate bundle"


def trusted_certificates(verify: bool | str) -> dict[str, Any]:
    """Return the options of urllib3 that say which certificates to trust.

    ``verify`` is the file or folder of them, or whether to verify those of servers at all.
    """
    if not verify:
        return {"cert_reqs": "CERT_NONE"}
    path = _usual_certificates() if verify is True else str(verify)
    if not os.path.exists(path):
        raise OSError(NO_CERTIFICATES)
    return {"cert_reqs": "CERT_REQUIRED", "ca_cert_dir" if os.path.isdir(path) else "ca_certs": path}


def _usual_certificates() -> str:
    for variable in CA_VARIABLES:
        if path := os.environ.get(variable):
            return path
    from certifi import where  # Only here: it comes with requests.

    return str(where())
