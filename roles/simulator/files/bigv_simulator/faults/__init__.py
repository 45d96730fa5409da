# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Fault injection: what goes wrong on request, so that what uses the API can be tried under it."""
