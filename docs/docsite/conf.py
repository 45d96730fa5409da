# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""How Sphinx makes the pages that antsibull-docs has written into HTML: ``make docs``."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

project = "bytemark.cloud"
copyright = "2026, the bytemark.cloud contributors"
html_title = "The bytemark.cloud collection for Ansible"
extensions = ["sphinx_antsibull_ext"]
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
html_theme = "sphinx_rtd_theme"
html_static_path = ["custom.css"]
html_css_files = ["custom.css"]
html_theme_options = {"navigation_depth": 3, "prev_next_buttons_location": "bottom"}
html_show_sphinx = False
html_show_sourcelink = False
html_use_index = False
nitpicky = True

# What these pages refer to in Ansible's own documentation. An inventory of it would have to be downloaded.
ANSIBLE = "https://docs.ansible.com/ansible/latest/"
PAGES = {
    "action_plugins": "plugins/action.html",
    "ansible_collections.ansible.builtin.debug_module": "collections/ansible/builtin/debug_module.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}


def refer_to_ansible(app: Sphinx, env: object, node: nodes.Element, content: nodes.Node) -> nodes.Element | None:
    """Return a link into Ansible's documentation, for a reference that leads nowhere in these pages."""
    target = node["reftarget"]
    if node["reftype"] == "envvar" and target.startswith("ANSIBLE_"):
        page = f"{PAGES['ansible_configuration_settings']}#envvar-{target}"
    elif node["reftype"] == "ref" and target in PAGES:
        page = PAGES[target]
    else:
        return None
    if node["reftype"] == "ref" and content.astext() == target:
        content = nodes.inline("", target.replace("_", " "))
    return nodes.reference("", "", content, internal=False, refuri=ANSIBLE + page)


def main_first(page: str) -> str:
    """Return the page of a role with the entry point ``main`` before the others, which antsibull-docs sorts by name."""
    parts = re.split(r"(?m)^(?=\.\. _ansible_collections\..*_role__entrypoint-|\.\. Extra links$)", page)
    parts[1:-1] = sorted(parts[1:-1], key=lambda part: "_role__entrypoint-main:" not in part)
    return "".join(parts)


def most_used_first(page: str) -> str:
    """Return the page of a module with the options first that its description calls the most used."""
    named = re.search(r"The most used options are (.*)", page)
    if not named:
        return page
    most_used = re.findall(r"#module:(\w+)`", named[1].replace("\\", ""))
    start, end = page.index(".. Options\n"), page.index(".. Attributes\n")
    head, *rows = re.split(r"(?m)^(?=  \* - \.\. raw:: html$)", page[start:end])

    def rank(row: str) -> int:
        option = re.search(r'id="parameter-(\w+)', row)[1]
        return most_used.index(option) if option in most_used else len(most_used)

    return page[:start] + head + "".join(sorted(rows, key=rank)) + page[end:]


def order_contents(app: Sphinx, name: str, source: list[str]) -> None:
    if name.endswith("_role"):
        source[0] = main_first(source[0])
    elif name.endswith("_module"):
        source[0] = most_used_first(source[0])


def setup(app: Sphinx) -> None:
    app.connect("missing-reference", refer_to_ansible)
    app.connect("source-read", order_contents)
