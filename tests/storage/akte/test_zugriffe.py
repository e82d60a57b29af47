"""Access records and their blocks."""

from datetime import timedelta

from sqlalchemy import select

from storage.akte import zugriffe
from storage.akte.rows import table_of
from storage.models.zugriff import Zugriff, ZugriffBlock, ZugriffKind
from tests.storage.akte.conftest import AT, CLERK


def _record(database, case, number):
    with database.begin() as conn:
        zugriffe.record(
            conn,
            ZugriffKind.LESEN,
            case.id,
            subject_kind="vorgang",
            subject_id=case.id,
            at=AT + timedelta(seconds=number),
            actor_id=CLERK,
            reason=None,
        )


def test_records_are_chained_in_blocks_in_the_order_of_time(database, case, monkeypatch):
    monkeypatch.setattr(zugriffe, "BLOCK_RECORDS", 3)
    for number in (4, 2, 0, 3, 1):
        _record(database, case, number)
    counts = []
    for _ in range(3):
        with database.begin() as conn:
            counts.append(zugriffe.chain(conn, at=AT))
    assert counts == [3, 2, 0]
    with database.read() as conn:
        blocks = [zugriffe.BlockRow(*row) for row in conn.execute(select(table_of(ZugriffBlock)))]
        rows = conn.execute(select(table_of(Zugriff)).order_by(Zugriff.at)).mappings().all()
    assert [(row["block_seq"], row["position"]) for row in rows] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]
    assert blocks[1].previous_hash == zugriffe.link_of(blocks[0])
    assert blocks[1].records_hash == zugriffe.records_hash([dict(row) for row in rows[3:]])


def test_tenants_chain_their_records_apart(open_database, database, case):
    _record(database, case, 1)
    with open_database("kassel").begin() as conn:
        assert zugriffe.chain(conn, at=AT) == 0
    with database.begin() as conn:
        assert zugriffe.chain(conn, at=AT) == 1
        assert zugriffe.last_block(conn).seq == 1
