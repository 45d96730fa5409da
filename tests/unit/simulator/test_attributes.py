# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""What follows from the declaration of an attribute."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import pytest
from bigv_simulator.core import attributes
from bigv_simulator.core.attributes import Attribute
from bigv_simulator.core.problem import Errors, read_attributes
from bigv_simulator.core.schemas import Schemas
from typing_extensions import NotRequired, TypedDict

DEFINITIONS = {"colours": ["red", "blue"]}


@dataclass
class Lamp:
    name: Annotated[str, Attribute("Documented.", "desk", required=True)]
    owner: str
    colour: Annotated[str | None, Attribute("Observed.", "red", listed="colours")] = None
    label: Annotated[str | None, Attribute("Documented.", "left")] = None
    watts: Annotated[int, Attribute("Documented.", 60, minimum=1, maximum=100, next_start=True)] = 40
    on: Annotated[bool, Attribute("Documented.", True, at_creation="Observed, when it is made.")] = False
    socket: Annotated[str, Attribute("Documented.", "E27", write="at creation")] = "E27"
    serial: Annotated[str, Attribute("Assumed.", "1", write="never")] = "1"
    kind: ClassVar[Annotated[str, Attribute("Observed.", "lamp")]] = "lamp"

    @property
    def title(self) -> Annotated[str, Attribute("Documented.", "desk of me")]:
        return f"{self.name} of {self.owner}"


@attributes.creates(Lamp)
class NewLamp(TypedDict):
    """Made at once."""

    note: NotRequired[str]


@attributes.changes(Lamp)
class LampChanges(TypedDict, total=False):
    """Only what is sent changes."""

    label: Annotated[str | None, Attribute("Documented.", "left")] = None
    watts: Annotated[int, Attribute("Only more (assumed).", 80)]


def errors_of(rules, **values):
    errors = Errors()
    read_attributes(values, rules, errors)
    return set(errors)


def test_what_is_shown_and_what_is_stored():
    stored = {"name": "desk", "colour": None, "label": None, "watts": 40, "on": False}
    stored |= {"socket": "E27", "serial": "1"}
    lamp = Lamp("desk", "me")
    assert attributes.view(lamp) == stored | {"kind": "lamp", "title": "desk of me"}
    assert attributes.stored_values(lamp) == stored
    assert attributes.required(Lamp) == ("name",)
    assert attributes.at_next_start(Lamp) == ["watts"]


def test_bodies_take_what_can_be_written_and_seeds_all_that_is_stored():
    bodies = attributes.body_rules(Lamp, DEFINITIONS)
    assert set(bodies) == {"name", "colour", "label", "watts", "on", "socket"}
    assert set(attributes.stored_rules(Lamp, DEFINITIONS)) == {*bodies, "serial"}


@pytest.mark.parametrize(
    ("attribute", "good", "bad"),
    [
        ("name", ["desk"], [None, 5]),
        ("colour", ["red", None], ["green", 5]),
        ("label", ["left", None], [5]),
        ("watts", [1, 100, "60"], [0, 101, None, True, "many"]),
        ("on", [True], ["true", None, 1]),
    ],
)
def test_rules_follow_from_type_limits_and_definition(attribute, good, bad):
    rules = attributes.body_rules(Lamp, DEFINITIONS)
    for value in good:
        assert errors_of(rules, **{attribute: value}) == set(), value
    for value in bad:
        assert errors_of(rules, **{attribute: value}) == {attribute}, value


def test_a_running_guest_may_have_what_is_no_longer_good():
    rules = attributes.running_rules(Lamp)
    assert errors_of(rules, watts=500) == set()
    assert errors_of(rules, watts="60") == {"watts"}


def test_schemas():
    schemas = Schemas()
    assert schemas.of_answer(Lamp, "read_lamp") == {"$ref": "#/components/schemas/Lamp"}
    shown = schemas.components["Lamp"]
    assert set(shown["properties"]) == set(shown["required"]) == set(attributes.view(Lamp("desk", "me")))
    watts = {"type": "integer", "title": "Watts", "minimum": 1, "maximum": 100}
    assert shown["properties"]["watts"] == watts | {"description": "Documented.", "examples": [60]}

    new = schemas.in_place(NewLamp)
    assert (new["description"], new["required"]) == ("Made at once.", ["name"])
    assert set(new["properties"]) == {"name", "colour", "label", "watts", "on", "socket", "note"}
    assert new["properties"]["on"]["description"] == "Observed, when it is made."

    changed = schemas.in_place(LampChanges)
    assert set(changed["properties"]) == {"name", "colour", "label", "watts", "on"}
    assert "required" not in changed
    assert changed["properties"]["watts"]["description"] == "Only more (assumed)."
