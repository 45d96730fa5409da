# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Privileges: who may do what where, as granted to people and to their API keys."""
