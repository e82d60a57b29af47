"""The two worlds of accounts, which never share a cookie, a callback or an account."""

from enum import StrEnum


class Realm(StrEnum):
    """Where somebody has an account; also the name of the realm at the identity provider."""

    BUERGERKONTO = "buergerkonto"
    VERWALTUNG = "verwaltung"
