# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The certificates to trust, from where requests takes them. Private to bytemark.cloud."""

from __future__ import annotations

import os
import ssl

# What names them, in this order, where ca_path is not given. They are those of requests and curl.
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# Part of what requests says where there are none.
NO_CERTIFICATES = "CA certificate bundle"


def tls_context(verify: bool | str) -> ssl.SSLContext:
    """Return how TLS is spoken.

    ``verify`` is the file or folder of the certificates to trust, or whether to verify those of servers at all.
    """
    if verify:
        path = _usual_certificates() if verify is True else str(verify)
        if not os.path.exists(path):
            raise OSError(f"there is no {NO_CERTIFICATES}")
        is_folder = os.path.isdir(path)
        context = ssl.create_default_context(cafile=None if is_folder else path, capath=path if is_folder else None)
        context.hostname_checks_common_name = False
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _usual_certificates() -> str:
    for variable in CA_VARIABLES:
        if path := os.environ.get(variable):
            return path
    from certifi import where  # Only here: it comes with requests.

    return str(where())
