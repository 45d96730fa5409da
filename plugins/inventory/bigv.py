# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: bigv
short_description: Use Bytemark Cloud servers as an inventory
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Adds every server (VM) of Bytemark Cloud (once called BigV) that the credentials can see as a host. Everything that
    the API returns for the VM, its discs and its NICs becomes variables of the host.
  - The source is a YAML file whose name is C(bigv.yml) or C(bigv.yaml), or ends in C(.bigv.yml) or C(.bigv.yaml).
    Lookups in it find files in the same folder.
  - One request is sent for any number of VMs, or one for each name in O(accounts) or else in O(vm_groups), for each of
    the O(connections). If the API does not nest discs and NICs in lists, each of these takes two more requests. A name
    that is a number takes one more, for the list of accounts or of groups, or two if both options are set.
  - If the API cannot be reached, refuses the credentials or returns an invalid answer, the source fails with one line
    that contains the source, the address and the cause. Ansible then continues without these hosts, unless its setting
    C(any_unparsed_is_failed) (or C(unparsed_is_failed)) is on. A source that fails adds nothing at all.
  - Values from the API are never templated, and never become variables that control Ansible (C(ansible_*)), except
    C(ansible_host).
  - An address from the API must be a valid address, and a host name must be a DNS name. Anything else is left out with
    a warning. The VM is then listed by what is left, such as C(bigv_1234) by its id.
  - Options that this plugin does not have are an error, and so are values of the wrong type. Options for booleans,
    numbers and lists of names may be templates. A list of names may also be text, separated by commas or in JSON.
  - Options that are null and environment variables that are blank count as not set.
extends_documentation_fragment:
  - bytemark.cloud.bigv_inventory
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: The name of this plugin, which marks the file as a source for it.
    type: str
    required: true
    choices: [bytemark.cloud.bigv]
  accounts:
    description:
      - Only the VMs of these accounts, by name or id. If omitted, all VMs that the credentials can see.
      - A number is tried as a name first, and used as an id if nothing has that name. A number that is the name of one
        thing and the id of another is an error.
      - If other accounts have VMs, an account that has none, or that does not exist, causes a warning.
    type: list
    elements: str
    default: []
  vm_groups:
    description:
      - Only the VMs of these Bytemark Cloud groups, by name or id, in any account or in those of O(accounts). If
        omitted, all groups.
      - A number is tried as a name first, as in O(accounts).
      - It is called O(vm_groups) because O(groups) creates Ansible groups.
    type: list
    elements: str
    default: []
  user:
    description:
      - Only the VMs that the privileges of this user reach. Specify the name or the id of the user. This is independent
        of the credentials that are used, such as O(username).
      - Only what the user reaches is requested from the API. O(accounts) and O(vm_groups) then select from the answer;
        a VM without its location in the answer is not selected by them.
      - A user that does not exist, or that the credentials cannot see, is an error, unless the user reaches a VM. This
        takes one more request only if there is no VM.
    type: str
  privilege:
    description:
      - Only the VMs that the privilege with this id reaches. With O(user), those that both reach, which takes one more
        request.
      - A privilege that does not exist is an error, in the same way as for O(user).
    type: int
  include_deleted:
    description:
      - Whether to include soft-deleted VMs, too. They are stopped, and have the variable C(bigv_deleted) set.
    type: bool
    default: false
  states:
    description:
      - Only the VMs in these states. V(running) means that the power is on.
    type: list
    elements: str
    choices: [running, stopped]
    default: [running, stopped]
  include:
    description:
      - Conditions on the host's variables, written as in C(when). If there are any, only the VMs for which at least one
        is true become hosts.
      - Text instead of a list is one condition and is not split at commas.
      - Each condition must evaluate to true or false. Any other result, text that cannot be a condition, and a
        condition in braces are errors.
      - A condition that cannot be evaluated for a VM counts as false, unless O(strict) is on. If it cannot be evaluated
        for any VM, a warning reports that.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Conditions like those of O(include). The VMs for which any of them is true are left out.
    type: list
    elements: str
    default: []
  hostnames:
    description:
      - The name of a host. The first entry that yields a value is used, and the full DNS name if none does.
      - An entry is one of V(name) (C(web1)), V(hostname) (the full DNS name, C(web1.staging.acme.uk0.bigv.io)),
        V(short) (C(web1.staging.acme)), V(id), V(ipv4), V(ipv6) (the primary addresses), or a Jinja expression on the
        host's variables, without braces, as in O(compose).
      - If two VMs would have the same name, in one source or in several, the later one gets its full DNS name, with a
        warning that names both. So does a VM that would be called V(all), V(ungrouped), V(localhost), V(127.0.0.1) or
        V(::1), which have another meaning in Ansible.
      - The value of an expression is ignored, with a warning, if it starts with a dash or contains blanks, control
        characters or other invisible characters.
    type: list
    elements: str
    default: [hostname]
  connect_with:
    description:
      - The value of C(ansible_host), which is V(hostname), V(ipv4), V(ipv6), V(management_address), or a Jinja
        expression on the host's variables, without braces.
      - It stays unset, with a warning, for VMs that have no such address, or whose address starts with a dash or
        contains invisible characters.
    type: str
    default: hostname
  hostvars_prefix:
    description:
      - The prefix of the names of the variables. It may be empty.
      - A variable whose name Ansible reserves (such as C(name), or names that start with C(ansible_)) keeps the prefix
        V(bigv_), with a warning.
    type: str
    default: bigv_
  variables:
    description:
      - Which attributes become variables of the hosts, as names or patterns (V(memory), V(*_on)) without
        O(hostvars_prefix). An empty list means none.
      - O(hostnames), O(connect_with), O(include), O(exclude), O(compose), O(groups) and O(keyed_groups) can always use
        all attributes. C(ansible_host) is always set.
      - A name or pattern that matches no attribute of any VM causes a warning.
    type: list
    elements: str
    default: ['*']
  min_hosts:
    description:
      - The minimum number of hosts of the source, counted after O(states), O(include) and O(exclude) have been applied.
        With fewer hosts, the source fails and adds none.
      - In that case, the answer of the API is not written to the cache.
    type: int
    default: 0
  connections:
    description:
      - Several connections to read as one source, such as accounts with credentials of their own. Options that an entry
        omits are taken from the source, including its environment variables. If there are no entries, the source is the
        only connection.
      - An entry that sets a login (O(connections[].username), O(connections[].password) or O(connections[].yubikey))
        and no token does not use the O(token) of the source, which would otherwise take precedence.
      - If a connection fails, the source fails.
      - A VM that several connections list becomes one host, as the first of them lists it, with a warning. VMs of
        different clouds with the same name are distinguished as described for O(hostnames).
    type: list
    elements: dict
    default: []
    suboptions:
      api_url:
        description: As O(api_url).
        type: str
      auth_url:
        description: As O(auth_url).
        type: str
      token:
        description: As O(token).
        type: str
      username:
        description: As O(username).
        type: str
      password:
        description: As O(password).
        type: str
      yubikey:
        description: As O(yubikey).
        type: str
      api_timeout:
        description: As O(api_timeout).
        type: int
      api_retries:
        description: As O(api_retries).
        type: int
      validate_certs:
        description: As O(validate_certs).
        type: bool
      ca_path:
        description: As O(ca_path).
        type: path
      accounts:
        description: As O(accounts).
        type: list
        elements: str
      vm_groups:
        description: As O(vm_groups).
        type: list
        elements: str
      user:
        description: As O(user).
        type: str
      privilege:
        description: As O(privilege).
        type: int
  auto_groups:
    description:
      - Whether to create the group C(bigv), which contains C(bigv_<account>), which contains
        C(bigv_<account>_<group>), and the groups C(bigv_running) and C(bigv_stopped).
    type: bool
    default: true
  cache_fallback:
    description:
      - With O(cache), whether to use an expired answer if the API cannot be reached or has a server-side problem, with
        a warning that contains its age. Refused credentials are still an error.
    type: bool
    default: false
notes:
  - The variables are named after the API's attributes, such as C(bigv_id), C(bigv_name), C(bigv_hostname),
    C(bigv_cores), C(bigv_memory) (in MiB), C(bigv_power_on), C(bigv_zone_name), C(bigv_last_imaged_with),
    C(bigv_management_address), C(bigv_discs) and C(bigv_network_interfaces). In addition, there are C(bigv_ipv4) and
    C(bigv_ipv6) (lists, the primary address first), C(bigv_additional_ips) (a list of those that are additional
    addresses), C(bigv_account) and C(bigv_group).
  - Plain names in O(keyed_groups) and O(compose), such as C(bigv_zone_name) or C(bigv_discs.0.storage_grade), take
    almost no time. ansible-core compiles any other expression again for every host, which takes about half a
    millisecond each time.
  - The cache contains the answers of the API, so changed options take effect immediately. It is separate for each
    source, address, query and user, and contains no credentials. With O(cache) and an O(token) that is a session id,
    the authentication service is asked once which user the session belongs to, which takes one request. If it does not
    say, the cache is not used, with a warning.
  - A relative O(cache_connection) is relative to the folder of the C(ansible.cfg) that is used. It is an error if there
    is none, or if the cache folder is in a folder of inventory sources and is not hidden.
seealso:
  - module: bytemark.cloud.bigv_vm_info
  - ref: ansible_collections.bytemark.cloud.docsite.guide_inventory
    description: Examples, from a first inventory to large ones.
"""

EXAMPLES = r"""
# Everything that the credentials can see. They come from the environment (BIGV_TOKEN).
plugin: bytemark.cloud.bigv

---
# The running servers of two accounts, by their short names.
plugin: bytemark.cloud.bigv
accounts: [acme, globex]
states: [running]
hostnames: [name]

---
# Connect over IPv6 only.
plugin: bytemark.cloud.bigv
connect_with: ipv6
include:
  - bigv_ipv6 | length > 0

---
# Only the servers that the privileges of a colleague reach.
plugin: bytemark.cloud.bigv
accounts: [acme]
user: alice

---
# Two accounts with credentials of their own, few variables, and an error if servers are missing.
plugin: bytemark.cloud.bigv
connections:
  - accounts: [acme]
    token: "{{ lookup('ansible.builtin.file', '~/.bigv-token') }}"
  - accounts: [globex]
    token: "{{ lookup('ansible.builtin.file', '~/.bigv-token') }}"
    vm_groups: [staging]
variables: [name, memory, 'ipv*']
min_hosts: 2

---
# Group by image, zone and grade of the first disc, and add the memory in GiB.
plugin: bytemark.cloud.bigv
keyed_groups:
  - prefix: image
    key: bigv_last_imaged_with
    default_value: none
  - prefix: zone
    key: bigv_zone_name
  - prefix: grade
    key: bigv_discs.0.storage_grade
compose:
  memory_gib: bigv_memory // 1024
groups:
  small: bigv_memory < 2048

---
# Credentials from a lookup, and a cache that is also used when the API is unavailable.
plugin: bytemark.cloud.bigv
token: "{{ lookup('ansible.builtin.file', '~/.bigv-token') }}"
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/bigv-inventory
cache_timeout: 600
cache_fallback: true
"""

import os
import traceback
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible import constants, context
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable, get_cache_plugin

from ..module_utils._core.errors import (
    MAX_MESSAGE,
    BigvError,
    one_line,
    shown_name,
)
from ..module_utils._core.module import connect
from ..module_utils._core.names import check_number
from ..module_utils._core.plan import Resource
from ..plugin_utils._addresses import is_fit
from ..plugin_utils._cache_folder import cache_folder, is_in_files
from ..plugin_utils._connections import Connection, connections_of, each_once
from ..plugin_utils._expressions import (
    UNSURE,
    LookUp,
    check_expression,
    plain_name,
    reason,
    shown,
    why_no_expression,
)
from ..plugin_utils._groups import AutoGroups
from ..plugin_utils._host_names import HostNames
from ..plugin_utils._hosts import (
    CONNECTIONS,
    DEFAULT_PREFIX,
    HOSTNAMES,
    ORDERS,
    Pick,
    Server,
    VariableNames,
)
from ..plugin_utils._options import (
    EXPRESSIONS,
    checked_options,
    without_blanks,
)
from ..plugin_utils._source import (
    fetch,
    fingerprint,
    first_of,
    from_cache,
    identity,
    show_age,
    to_cache,
)
from ..plugin_utils._staging import HostsIntoGroups, Staging

# Variables that Ansible sets itself, besides those that it lists.
SET_BY_ANSIBLE = frozenset(
    ("ansible_host", "group_names", "groups", "hostvars", "inventory_dir", "inventory_file", "inventory_hostname",
     "inventory_hostname_short", "omit", "playbook_dir", "role_names")
)  # fmt: skip
Failures = (AnsibleError, BigvError)
# A condition, before ansible-core can evaluate expressions, so that what is neither true nor false is seen.
CONDITION = (
    "{%% set bigv_answer = (%s) %%}{%% if bigv_answer is sameas true %%}yes{%% elif bigv_answer is sameas false %%}no"
    "{%% elif bigv_answer %%}{%% endif %%}"
)


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "bytemark.cloud.bigv"

    def verify_file(self, path: str) -> bool:
        name = os.path.basename(path)
        return f".{name}".endswith((".bigv.yml", ".bigv.yaml")) and super().verify_file(path)

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        definitions = self.option_definitions
        with without_blanks(definitions, os.environ):
            if direct:
                direct = checked_options(direct, definitions, os.environ, self._evaluated)
            super().set_options(task_keys, var_options, direct)
        if self.get_option("cache") and is_in_files(self.get_option("cache_plugin")):
            sources = context.CLIARGS.get("inventory") or ()
            folder = cache_folder(self.get_option("cache_connection"), constants.CONFIG_FILE, sources)
            self.set_option("cache_connection", folder)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self.inventory: Any = inventory
        self._path = path
        basedir = loader.get_basedir()
        # Where lookups find files.
        loader.set_basedir(os.path.dirname(os.path.abspath(path)))
        try:
            self._read_config_data(path)
            staging, host_names = self._staged(cache)
        except Exception as error:
            config = self._config()
            if isinstance(config, Mapping) and config.get("plugin") != self.NAME:
                raise  # It is for another plugin, or an inventory in YAML.
            problem = self._problem(error, config)
        else:
            staging.commit()
            host_names.keep()
            return
        finally:
            loader.set_basedir(basedir)
            self.inventory = inventory
        self._fail(problem)

    def _staged(self, cache: bool) -> tuple[Staging, HostNames]:
        """Return an inventory with what the source adds, and what the hosts in it are called."""
        self._look_ups: dict[Any, LookUp | None] = {}
        self._strict = self.get_option("strict")
        self._unfit: dict[tuple[str, str], Any] = {}
        self._worked: set[tuple[str, Any]] = set()
        self._failed: dict[tuple[str, Any], str] = {}
        real = self.inventory
        self.inventory = staging = Staging(real, self._refuse)
        self._expressions = {option: self._checked_expressions(option) for option in EXPRESSIONS}
        check_expression("connect_with", self.get_option("connect_with"))
        check_number("min_hosts", self.get_option("min_hosts"), 0)
        self._warn_of_what_is_passed_over()
        self._host_names = HostNames(real, self._path, self._warn)
        self._api_urls: dict[int, str] = {}
        self._new_answers: dict[str, list[Resource]] = {}
        self._populate(self._servers(self._vms(self._path, cache)))
        self._check_number(len(staging.hosts))
        for key, vms in self._new_answers.items():
            self._cache[key] = to_cache(vms)
        return staging, self._host_names

    def _check_number(self, hosts: int) -> None:
        """Refuse a source with fewer hosts than the minimum."""
        least = self.get_option("min_hosts")
        if hosts < least:
            raise BigvError(
                f"min_hosts: the source has {hosts} hosts, but it must have at least {least}. Check which VMs the "
                "credentials can see and which options leave VMs out."
            )

    def _config(self) -> Any:
        """Return the content of the file, or None if it cannot be read."""
        try:
            return self.loader.load_from_file(self._path, cache="none")
        except Exception:
            return None

    def _problem(self, error: Exception, config: Any) -> str:
        """Return what is wrong with the source."""
        if config is not None and not isinstance(config, Mapping):
            return f"is not a dictionary of options; start it with plugin: {self.NAME}"
        if isinstance(error, Failures):
            return _one_line(error).removeprefix(f"{self._path} ")
        self.display.vvv(traceback.format_exc())
        return f"This is an unexpected error; please report it: {type(error).__name__}: {error}"

    def _fail(self, problem: str) -> None:
        """Make the source fail where Ansible then stops.

        Where it would go on, the line is all that is said: a failed source is tried with the plugins for other kinds
        of files, and what these make of it would be listed too.
        """
        line = self._said(problem)
        if constants.INVENTORY_ANY_UNPARSED_IS_FAILED or constants.INVENTORY_UNPARSED_IS_FAILED:
            raise AnsibleParserError(line)
        self.display.error(line, wrap_text=False)

    def _said(self, text: str) -> str:
        """Return the text in one line that names the source, whatever the API calls things."""
        return one_line(f"{self._path}: {text}", MAX_MESSAGE)

    def _warn(self, text: str) -> None:
        self.display.warning(self._said(text))

    # Reading.

    def _vms(self, path: str, cache: bool) -> list[Resource]:
        """Return the VMs of all connections, each once."""
        connections = connections_of(self.get_option, os.environ)
        found = each_once([(each, self._read(path, each, cache)) for each in connections], self._warn)
        self._api_urls = {id(vm): api_url for api_url, vm in found}
        return [vm for _api_url, vm in found]

    def _read(self, path: str, connection: Connection, cache: bool) -> list[Resource]:
        """Return the VMs of a connection. Every message about it names the connection."""
        try:
            return self._from_api_or_cache(path, connection, cache)
        except BigvError as error:
            error.args = (f"{connection.title}{error}",)
            raise

    def _from_api_or_cache(self, path: str, connection: Connection, cache: bool) -> list[Resource]:
        params, wanted = connection.params, connection.wanted
        if not self.get_option("cache"):
            return self._fetch(connection)
        who = identity(params, connect)
        if who is None:
            self._warn(
                f"{connection.place}cache: is not used, because {params['auth_url']} does not say which user the "
                "session in token belongs to; the session may have ended."
            )
            return self._fetch(connection)
        key = f"{self.get_cache_key(path)}_{fingerprint(connection.api_url, wanted, who)}"
        timeout = self.get_option("cache_timeout")
        cached = self._cached(key)
        if cache and cached and (not timeout or cached[1] <= timeout):
            return cached[0]
        try:
            vms = self._fetch(connection)
        except BigvError as error:
            away = error.status is None or error.status >= 500 or error.status == 429
            if not (self.get_option("cache_fallback") and away and cached):
                raise
            self._warn(
                f"{connection.title}{_one_line(error)} Using the cache instead, which is {show_age(cached[1])} old."
            )
            return cached[0]
        self._new_answers[key] = vms
        return vms

    def _fetch(self, connection: Connection) -> list[Resource]:
        vms, missed = fetch(connect(connection.params), connection.wanted)
        for option, names in missed.items():
            also = " that vm_groups selects too" if option == "accounts" and connection.wanted.groups else ""
            missed_in = f"there is no VM in {', '.join(names)}{also}, or these credentials cannot see it."
            self._warn(f"{connection.place}{option}: {missed_in}")
        return vms

    def _cached(self, key: str) -> tuple[list[Resource], float] | None:
        """Return the cache's VMs and their age, expired or not where expired ones may be needed."""
        options = {
            "_uri": self.get_option("cache_connection"),
            "_timeout": 0 if self.get_option("cache_fallback") else self.get_option("cache_timeout"),
            "_prefix": self.get_option("cache_prefix"),
        }
        self._cache = get_cache_plugin(
            self.get_option("cache_plugin"), **{name: value for name, value in options.items() if value is not None}
        )
        try:
            return from_cache(self._cache[key])
        except Exception:
            # Nothing cached, or what a cache plugin makes of an entry that is damaged.
            return None

    def _evaluated(self, place: str, value: Any, is_secret: bool = False) -> Any:
        """Evaluate a value that may be a template, given in an option or in an environment variable."""
        try:
            self.templar.available_variables = self._vars
            return self.templar.template(value)
        except Exception as error:
            why = f": {error}"
            if is_secret:
                why = (
                    ". The reason is not shown because it may contain a secret: look for a variable that is not "
                    "defined, or a file that does not exist (relative paths start at the source)"
                )
            raise BigvError(f"{place}: its template could not be evaluated{why}") from None

    def _servers(self, vms: list[Resource]) -> Iterator[Server]:
        states, own = self.get_option("states"), self.get_option("api_url").rstrip("/")
        for vm in vms:
            server = Server(vm, self._api_urls.get(id(vm), own))
            if ("running" if server.running else "stopped") in states:
                yield server

    # Hosts.

    def _populate(self, servers: Iterable[Server]) -> None:
        names = VariableNames(self._prefix(), self.get_option("variables"), self._is_reserved, self._warn)
        hostnames = [HOSTNAMES.get(entry, entry) for entry in self._expressions["hostnames"]]
        connection = self.get_option("connect_with")
        connect_with = CONNECTIONS.get(connection, connection)
        include, exclude = self._expressions["include"], self._expressions["exclude"]
        compose, groups, keyed_groups = map(self.get_option, ("compose", "groups", "keyed_groups"))
        auto_groups = None
        if self.get_option("auto_groups"):
            auto_groups = AutoGroups(self.inventory, self._sanitize_group_name, self._warn)
        unreachable: list[str] = []
        for server in servers:
            variables = names.rename(server.attributes())
            if include and not any(self._holds("include", condition, server, variables) for condition in include):
                continue
            if exclude and any(self._holds("exclude", condition, server, variables) for condition in exclude):
                continue
            host = self._name(server, variables, hostnames)
            for attribute, value in server.unfit.items():
                self._refuse(host, attribute, value)
            address = self._pick(connect_with, server, variables, "connect_with")
            if address:
                variables["ansible_host"] = address
            else:
                unreachable.append(host)
            self._add(host, names.of_hosts(variables), auto_groups.of(server) if auto_groups else ())
            if compose or groups or keyed_groups:
                self._construct(host, variables, compose, groups, keyed_groups)
        if unreachable:
            self._warn(
                f"connect_with: {connection} gives no address for {len(unreachable)} hosts, so ansible_host is not "
                f"set for them: {first_of(unreachable)}"
            )
        names.warn_of_idle_patterns()
        self._host_names.warn_of_more()
        self._warn_of_what_was_left_out()

    def _prefix(self) -> str:
        prefix = self.get_option("hostvars_prefix") or ""
        if not f"{prefix}x".isidentifier() or not prefix.isascii():
            raise BigvError(f"hostvars_prefix: {prefix!r} cannot be the start of a variable's name")
        if ORDERS.match(prefix):
            raise BigvError(
                f"hostvars_prefix: {prefix!r} is how variables that control Ansible start; specify another prefix"
            )
        return str(prefix)

    def _warn_of_what_was_left_out(self) -> None:
        if self._unfit:
            found = [f"{what} {shown_name(value)} of {host}" for (host, what), value in self._unfit.items()]
            self._warn(f"Values that cannot be the name or the address of a host are left out: {first_of(found)}")
        for (option, expression), why in self._failed.items():
            if (option, expression) not in self._worked:
                self._warn(f"{option}: {shown(expression)} could not be evaluated for any VM: {why}")

    def _refuse(self, host: str, what: str, value: Any) -> None:
        """Remember a name or an address that is left out."""
        self._unfit[host, what] = value

    def _add(self, host: str, variables: dict[str, Any], groups: tuple[str, ...]) -> None:
        """Add the host. Ansible's own call for each variable is what takes the time, so a new host gets all at once."""
        for group in groups or (None,):
            self.inventory.add_host(host, group)
        own = self.inventory.hosts[host].vars
        if not own:
            own.update(variables)
        else:
            for name, value in variables.items():
                self.inventory.set_variable(host, name, value)

    def _construct(self, host: str, variables: dict[str, Any], compose: Any, groups: Any, keyed_groups: Any) -> None:
        """Call the methods that ansible-core documents, with the host's variables from all sources."""
        staging = self.inventory
        try:
            self._set_composite_vars(
                compose,
                {**staging.get_host(host).get_vars(), **variables} if compose else variables,
                host,
                self._strict,
            )
            if groups:
                self.inventory = HostsIntoGroups(staging)
                self._add_host_to_composed_groups(groups, variables, host, self._strict)
                self.inventory = staging
            self._add_host_to_keyed_groups(keyed_groups, variables, host, self._strict)
        except AnsibleError:
            raise
        except Exception as error:
            # What ansible-core does not foresee, such as a group that would be in itself.
            raise AnsibleParserError(f"compose, groups, keyed_groups: {reason(error)} for {host}") from None

    def _name(self, server: Server, variables: dict[str, Any], hostnames: list[Any]) -> str:
        """Return what the host is called."""
        for entry in hostnames:
            name = self._pick(entry, server, variables, "hostnames")
            if name:
                return self._host_names.name(server, name)
        return self._host_names.name(server, server.full_name)

    def _pick(self, entry: Pick | str, server: Server, variables: dict[str, Any], option: str) -> str | None:
        """Return what the entry yields as text: a known one, or an expression."""
        if callable(entry):
            value = entry(server)
            return None if value is None else str(value)
        try:
            value = self._compose(entry, variables)
        except Exception as error:
            self._note_failure(option, entry, server, error)
            return None
        self._worked.add((option, entry))
        if value is None or value == "":
            return None
        text = value if isinstance(value, str) else str(value)
        if is_fit(text):
            return text
        self._refuse(server.full_name, option, text)
        return None

    def _holds(self, option: str, condition: Any, server: Server, variables: dict[str, Any]) -> bool:
        if isinstance(condition, bool):
            return condition
        scope = self._scope(variables)
        value = self._look_up(condition, scope)
        if not isinstance(value, bool):
            self.templar.available_variables = scope
            try:
                value = self._answer(condition)
            except Exception as error:
                self._note_failure(option, condition, server, error)
                return False
            if not isinstance(value, bool):
                raise BigvError(
                    f"{option}: {shown(condition)} is neither true nor false for {server.full_name}; compare it with "
                    "something, or add '| bool'"
                )
        self._worked.add((option, condition))
        return value

    def _answer(self, condition: str) -> Any:
        if hasattr(self.templar, "evaluate_expression"):
            return self.templar.evaluate_expression(condition)
        return {"yes": True, "no": False}.get(str(self.templar.template(CONDITION % condition)))

    def _note_failure(self, option: str, expression: str, server: Server, error: Exception) -> None:
        why = reason(error)
        if self._strict:
            raise AnsibleParserError(f"{option}: could not evaluate {shown(expression)} for {server.full_name}: {why}")
        self._failed.setdefault((option, expression), why)

    # Expressions.

    def _checked_expressions(self, option: str) -> list[Any]:
        """Return the expressions of an option, none of which is bound to fail."""
        entries: list[Any] = self.get_option(option) or []
        for entry in entries:
            if not (isinstance(entry, bool) and option != "hostnames"):
                check_expression(option, entry)
        return entries

    def _warn_of_what_is_passed_over(self) -> None:
        """Warn of invalid expressions that ansible-core ignores silently, unless it is strict."""
        places: dict[str, Any] = {}
        for option in ("compose", "groups"):
            given = self.get_option(option)
            places.update({f"{option}.{name}": given[name] for name in given} if isinstance(given, Mapping) else {})
        for number, keyed in enumerate(self.get_option("keyed_groups") or ()):
            places[f"keyed_groups[{number}].key"] = keyed.get("key") if isinstance(keyed, Mapping) else None
        for place, expression in places.items():
            why = why_no_expression(expression) if isinstance(expression, str) and not self._strict else None
            if why:
                self._warn(f"{place}: {shown(expression)} is not an expression and is ignored: {why}")

    def _scope(self, variables: dict[str, Any]) -> dict[str, Any]:
        return {**variables, **self._vars} if self._vars and self.get_option("use_extra_vars") else variables

    def _compose(self, template: Any, variables: dict[str, Any], *arguments: Any, **named: Any) -> Any:
        """Return the value of an expression: look a plain name up, and leave anything else to ansible-core."""
        scope = self._scope(variables)
        value = self._look_up(template, scope)
        if value is UNSURE:
            return super()._compose(template, variables, *arguments, **named)
        # As ansible-core's own leaves them: a keyed group's parent_group is evaluated next.
        self.templar.available_variables = scope
        return value

    def _look_up(self, expression: Any, variables: dict[str, Any]) -> Any:
        try:
            look_up = self._look_ups[expression]
        except KeyError:
            look_up = self._look_ups[expression] = plain_name(expression)
        except TypeError:
            return UNSURE
        return look_up(variables) if look_up else UNSURE

    @staticmethod
    def _is_reserved(name: str) -> bool:
        if name.startswith(DEFAULT_PREFIX):
            return False
        from ansible.vars.reserved import is_reserved_name

        return is_reserved_name(name) or name in SET_BY_ANSIBLE or name in constants.INTERNAL_STATIC_VARS


def _one_line(error: Exception) -> str:
    """Return the error in one line, including its address."""
    # After this, ansible-core before 2.19 quotes the source, which may hold a secret.
    text = one_line(str(error).partition("The offending line")[0], MAX_MESSAGE)
    if isinstance(error, BigvError) and error.url:
        parts = urlsplit(error.url)
        if f"{parts.scheme}://{parts.netloc}" not in text:
            text = f"{text} ({error.method} {parts.scheme}://{parts.netloc}{parts.path})"
    return text
