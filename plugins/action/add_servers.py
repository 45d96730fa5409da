# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..plugin_utils._adding_hosts import Host, add_hosts
from ..plugin_utils._servers import fleet_servers
from ..plugin_utils._ssh import silent

MAX_SHOWN = 5
OPTIONS = {
    "vms": {"type": "list", "elements": "dict", "required": True},
    "groups": {"type": "list", "elements": "str", "default": []},
    "add": {"type": "bool", "default": True},
    "wait_for_ssh": {"type": "bool", "default": False},
    "ssh_port": {"type": "int", "default": 22},
    "ssh_timeout": {"type": "int", "default": 300},
}


class ActionModule(ActionBase):
    BYPASS_HOST_LOOP = True
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(argument_spec=OPTIONS)
        servers = fleet_servers(options["vms"])
        reachable = [server for server in servers if server.hostname or server.address]
        if options["wait_for_ssh"] and not self._task.check_mode:
            self._wait([server for server in reachable if server.running], options["ssh_port"], options["ssh_timeout"])
        hosts = [_host(server, options["groups"]) for server in reachable] if options["add"] else []
        result |= {"changed": False, "hosts": [host._asdict() for host in hosts], **add_hosts(self, hosts)}
        if complaints := list(filter(None, (server.complaint for server in servers))):
            result |= {"msg": complaints, "_ansible_verbose_always": True}
        return result

    def _wait(self, servers, port, timeout):
        reached_by = {server.address or server.hostname: server.vm for server in servers}
        if failed := [reached_by[address] for address in silent(reached_by, port, timeout)]:
            more = f" and {len(failed) - MAX_SHOWN} more" if len(failed) > MAX_SHOWN else ""
            raise AnsibleActionFail(
                f"{', '.join(failed[:MAX_SHOWN])}{more} did not answer on port {port} within {timeout} seconds"
            )


def _host(server, groups):
    return Host(server.host, [*groups, server.group], {"ansible_host": server.address} if server.address else {})
