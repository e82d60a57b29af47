"""What a use case has at hand; `web/app.py` puts it together once per process and passes it down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from engine import law
from engine.connectors import Connector
from engine.kasse_port import Kasse
from engine.letters import Renderer, Sender
from storage.crypto import MasterKey
from storage.db import Database
from storage.objects.port import ObjectStore


class Notifier(Protocol):
    """Tells somebody that something lies in the Postfach, without saying what; `message_id` makes it repeatable."""

    def __call__(self, *, address: str, message_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Authority:
    """The city as its letters show it; `offices` maps the key of an office to its name."""

    city: str
    street: str
    place: str
    offices: Mapping[str, str]
    phone: str | None = None
    email: str | None = None
    website: str | None = None

    def sender(self, office: str) -> Sender:
        """The letterhead of an office."""
        return Sender(
            city=self.city,
            office=self.offices.get(office, office),
            street=self.street,
            place=self.place,
            phone=self.phone,
            email=self.email,
            website=self.website,
        )

    def office(self, office: str) -> law.Office:
        """Where a remedy against the office's decisions is filed."""
        return law.Office(
            name=f"{self.city}, {self.offices.get(office, office)}", address=f"{self.street}, {self.place}"
        )


@dataclass(frozen=True, kw_only=True)
class House:
    """One tenant's house; `connectors` maps a topic to its handler and is filled while the house is put together.

    Without a `kasse` nothing can be handed over to the finance system: its jobs fail and say so.
    """

    db: Database
    objects: ObjectStore
    master_key: MasterKey
    authority: Authority
    renderer: Renderer
    notify: Notifier
    kasse: Kasse | None = None
    connectors: dict[str, Connector] = field(default_factory=dict)

    @property
    def tenant_id(self) -> str:
        return self.db.tenant_id
