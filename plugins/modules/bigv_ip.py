#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bigv_ip
short_description: Manage the addresses of Bytemark Cloud servers
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Sets the reverse DNS of an address, adds additional IPv4 addresses to a VM, and deletes additional addresses in
    Bytemark Cloud (once called BigV).
  - A task specifies either an existing O(address), to set its O(rdns) or to delete it, or a O(vm), to set its number of
    O(additional) addresses.
  - Anything that a task does not specify is left unchanged.
  - A task that finds the desired state sends two GET requests with O(address), and one with O(vm).
extends_documentation_fragment:
  - bytemark.cloud.bigv
  - bytemark.cloud.bigv.attributes
  - bytemark.cloud.bigv.writes
options:
  address:
    description:
      - The address, IPv4 or IPv6, in any notation, primary or additional.
      - Exactly one of O(address) and O(vm) is required.
      - An address that does not exist, or that the credentials cannot see, is an error, unless O(state=absent).
    type: str
  rdns:
    description:
      - The reverse DNS name of the O(address). An empty string removes the existing name.
      - Names are compared as in DNS. Case and a trailing dot make no difference.
    type: str
  vm:
    description:
      - The VM to add O(additional) addresses to. A name, which may have the dotted form V(vm.group.account), or an id.
    type: str
  group:
    description:
      - The name of the group that the VM is in.
      - If neither this option nor a dotted O(vm) sets it, the environment variables E(BIGV_GROUP) and E(BM_GROUP) are
        used, and otherwise the group V(default).
    type: str
  account:
    description:
      - The name or the id of the account. With O(vm), it is the account that the VM is in. With O(address), an address
        of another account is refused.
      - If neither this option nor a dotted O(vm) sets it, the environment variables E(BIGV_ACCOUNT) and E(BM_ACCOUNT)
        are used. They do not apply to an O(address).
  additional:
    description:
      - The minimum number of additional IPv4 addresses of the VM. Required with O(vm).
      - Missing addresses are added with one request, to the first NIC that has room for them. A VM that has more keeps
        them; only O(state=absent) deletes an address.
      - A NIC has at most four additional addresses. More are refused before anything is sent. There are no additional
        IPv6 addresses.
    type: int
  reason:
    description:
      - What the addresses are for. The provider asks for it, so it is required if any address has to be added. The API
        does not return it, so it is never compared.
    type: str
  contiguous:
    description:
      - Whether the addresses that are added in this run must be consecutive. The API refuses that if it has no such
        addresses.
    type: bool
    default: false
  state:
    description:
      - V(present) ensures that the address has its O(rdns), or that the VM has its O(additional) addresses.
      - V(absent) deletes the additional O(address). If there is no such address, nothing is changed. The deletion is
        permanent, because another customer may get the address immediately, so it requires O(purge=true). A primary
        address is refused, and so is an address of a VM or group that O(protect) matches.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Confirms that the O(address) may be deleted permanently. Must be V(true) for O(state=absent).
    type: bool
    default: false
seealso:
  - module: bytemark.cloud.bigv_ip_info
  - module: bytemark.cloud.bigv_ip_swap
  - module: bytemark.cloud.bigv_vm
  - ref: ansible_collections.bytemark.cloud.docsite.guide_addresses
    description: The kinds of addresses, and how to move them from one VM to another.
  - ref: ansible_collections.bytemark.cloud.docsite.guide_safety
    description: What protects an address from being deleted.
"""

EXAMPLES = r"""
- name: Set the reverse DNS of an address
  bytemark.cloud.bigv_ip:
    address: 203.0.113.10
    rdns: www.example.com

- name: Remove it
  bytemark.cloud.bigv_ip:
    address: 203.0.113.10
    rdns: ""

- name: Ensure that a VM has two additional addresses
  bytemark.cloud.bigv_ip:
    vm: web1.live.acme
    additional: 2
    reason: Two shops that need an address of their own
  register: web1

# In check mode new addresses are not known yet, and select leaves them out.
- name: Set the reverse DNS of its additional addresses
  bytemark.cloud.bigv_ip:
    address: "{{ item }}"
    rdns: shop.example.com
  loop: "{{ web1.ips | selectattr('additional') | map(attribute='address') | select }}"

- name: Delete an additional address permanently
  bytemark.cloud.bigv_ip:
    address: 203.0.113.77
    state: absent
    purge: true
"""

RETURN = r"""
ips:
  description:
    - All addresses of the VM. In check mode the C(address) of a new one is V(none).
    - They have no C(rdns), which takes one request for each address. M(bytemark.cloud.bigv_ip_info) returns it.
  returned: success, with O(vm)
  type: list
  elements: dict
  sample:
    - address: 203.0.113.10
      family: ipv4
      additional: false
      virtual_machine_id: 1234
created:
  description: The addresses that this run added. Empty if none was missing. In check mode, V(none) for each.
  returned: success, with O(vm)
  type: list
  elements: str
  sample:
    - 203.0.113.77
# BEGIN GENERATED by scripts/generate.py
ip:
  description:
    - The address as the API describes it. In check mode, the address as it would be, with V(none) for
      values that only the server can choose.
    - V(none) if the address is absent.
  returned: success, with O(address)
  type: dict
  contains:
    address:
      description: The address.
      type: str
      sample: 203.0.113.10
    rdns:
      description: The reverse DNS name of the address, if any.
      type: str
      sample: www.example.com
    virtual_machine_id:
      description: The id of the VM that has the address.
      type: int
      sample: 1234
    family:
      description: The family of the address, V(ipv4) or V(ipv6).
      type: str
      sample: ipv4
    additional:
      description: Whether the address is additional rather than primary.
      type: bool
      sample: false
actions:
  description: What was sent, or would be sent in check mode, one line for each write.
  returned: always
  type: list
  elements: str
  sample:
    - set the reverse DNS of 203.0.113.10 of VM web1.staging.acme to www.example.com
error:
  description: The answer of the API, if it refused a request.
  returned: failure
  type: dict
  contains:
    status:
      description: The HTTP status, if there was an answer.
      returned: failure
      type: int
      sample: 403
    problems:
      description: The messages of the API for each attribute; C(base) stands for no particular attribute.
      returned: failure
      type: dict
      sample:
        base:
          - You do not have permission
    method:
      description: The method of the request that failed.
      returned: failure
      type: str
      sample: GET
    url:
      description: The URL of the request that failed.
      returned: failure
      type: str
      sample: https://uk0.bigv.io/accounts/acme/groups
# END GENERATED
"""

from ..module_utils._core.module import Module
from ..module_utils._resources.ip.kind import IpKind

MODULE = Module(IpKind())


def main():
    MODULE.main()


if __name__ == "__main__":
    main()
