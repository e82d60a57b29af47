"""Who acts: a citizen, a member of staff, a token or the product itself."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class TrustLevel(IntEnum):
    """How surely the session knows who somebody is (levels of the Servicekonto, BSI TR-03160)."""

    KEINS = 0
    BASISREGISTRIERUNG = 1
    SUBSTANTIELL = 2
    HOCH = 3


class ActorKind(StrEnum):
    CITIZEN = "citizen"
    STAFF = "staff"
    TOKEN = "token"  # noqa: S105 -- a kind of actor, not a secret
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Actor:
    """One person or program at one moment.

    `id` is stable and never an e-mail address: `<issuer>|<subject>` for people, `token:<id>`, `system:<name>`.
    `trust_level` belongs to the session, so it is part of this value and not of an account.
    """

    id: str
    kind: ActorKind
    tenant_id: str
    name: str = ""
    roles: frozenset[str] = field(default_factory=frozenset)
    trust_level: TrustLevel = TrustLevel.KEINS

    @property
    def is_staff(self) -> bool:
        return self.kind is ActorKind.STAFF


def system(name: str, *, tenant_id: str) -> Actor:
    """The product itself, for example `system("worker", tenant_id=...)`."""
    return Actor(id=f"system:{name}", kind=ActorKind.SYSTEM, tenant_id=tenant_id, name=name)
