# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The middleware around everything else, which chooses a fault for a request and sees it through."""

from __future__ import annotations

from fastapi import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..http import is_api, log_entry, resource_path, shown_method
from ..simulator import Simulator
from . import delivery
from .plan import Asked, FaultRecord, FaultRule, Plan


class FaultInjector:
    """Hit requests by the fault plan, never those of the control interface. Without a plan it costs one comparison."""

    def __init__(self, app: ASGIApp, simulator: Simulator) -> None:
        self.app = app
        self.simulator = simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        plan = self.simulator.faults
        if plan is None or not is_api(scope):
            await self.app(scope, receive, send)
            return
        cloud = self.simulator.cloud
        cloud.run_due_events()
        kinds = self.simulator.fault_kinds
        asked = Asked(scope["method"], resource_path(scope), scope["state"]["body"])
        chosen = plan.choose(asked.method, asked.path, lambda rule: kinds[rule.fault].applies(rule, cloud, asked))
        if chosen is None:
            await self._handle(plan, scope, receive, send)
            return
        number, rule = chosen
        entry = FaultRecord(
            cloud.clock.now(), number, rule.fault, shown_method(scope), self.simulator.redactor.path(scope["path"])
        )
        plan.record.append(entry)
        scope["state"]["fault"] = rule.fault
        faulted = delivery.FaultedRequest(plan, rule, scope, receive, send)
        if rule.fault == "latency":
            await plan.pause(rule.seconds)
        if rule.after or kinds[rule.fault].carried_out:
            faulted.answer = await self._carry_out(plan, rule, asked, scope, receive)
            entry.status = faulted.answer.status_code
        else:
            self.simulator.log.add(log_entry(self.simulator, scope))
        await delivery.deliver(faulted)

    async def _carry_out(self, plan: Plan, rule: FaultRule, asked: Asked, scope: Scope, receive: Receive) -> Response:
        afterwards = self.simulator.fault_kinds[rule.fault].prepare(plan, rule, self.simulator.cloud, asked)
        answer = Response()
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status_code = message["status"]
                answer.raw_headers = list(message["headers"])
            else:
                body.extend(message.get("body", b""))

        await self._handle(plan, scope, receive, collect)
        answer.body = bytes(body)
        if afterwards is not None and answer.status_code < 400:
            afterwards(answer.body)
        return answer

    async def _handle(self, plan: Plan, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in ("GET", "HEAD"):
            copy = plan.copy_to_read(self.simulator.cloud, self.simulator.clock.now())
            if copy is not None:
                scope["state"]["stale_copy"] = copy
        await self.app(scope, receive, send)
