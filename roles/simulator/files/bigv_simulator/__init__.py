# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A simulated Bytemark Cloud (BigV): the API and the auth service, with its state in memory.

`core` is the machinery, and `resources` what the API is made of. Docstrings mark how a fact of the API is known:
documented, observed or assumed.
"""
