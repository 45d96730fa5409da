# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Fault injection: requests go wrong by a plan, so that clients of the API can be tried under it."""
