"""Row-level security and the rights of the app role; PostgreSQL only, a no-op elsewhere.

Two roles: the owner migrates; the app role owns nothing, has no DDL, and sees only the rows of the tenant that its
connection names (`options=-c app.tenant_id=..`). Without that parameter it sees none. SQLite has no such thing, so
every query names the tenant itself; this is the second belt.
"""

from alembic import op
from sqlalchemy import Connection, MetaData, inspect, text

POLICY = "tenant_id = current_setting('app.tenant_id', true)"


def protect(*tables: str) -> None:
    """For migrations: let the app role see and write only rows of its tenant in `tables` (each has `tenant_id`)."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in tables:
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY tenant ON "{table}" USING ({POLICY}) WITH CHECK ({POLICY})')


def create_app_role(conn: Connection, role: str, password: str) -> None:
    """Create the login role of web and worker if it is not there, with no right but to connect, and set its password.

    Needs CREATEROLE; `grant_app_role` gives it the tables.
    """
    quote = conn.dialect.identifier_preparer.quote
    found = conn.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).scalar()
    verb = "ALTER" if found else "CREATE"
    # A utility statement takes no parameters: the password is quoted by the server itself.
    literal = conn.execute(text("SELECT quote_literal(:password)"), {"password": password}).scalar_one()
    conn.exec_driver_sql(
        f"{verb} ROLE {quote(role)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD {literal}".replace(
            "%", "%%"
        )
    )


def grant_app_role(conn: Connection, role: str, tables: MetaData) -> None:
    """Give `role` read and write on the tables there are, but no UPDATE on append-only ones. After every migration."""
    quoted = conn.dialect.identifier_preparer.quote(role)
    conn.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {quoted}")
    existing = set(inspect(conn).get_table_names())
    for table in tables.sorted_tables:
        if table.name not in existing:
            continue
        rights = "SELECT, INSERT, DELETE" if table.info.get("append_only") else "SELECT, INSERT, UPDATE, DELETE"
        conn.exec_driver_sql(f'REVOKE ALL ON "{table.name}" FROM {quoted}')
        conn.exec_driver_sql(f'GRANT {rights} ON "{table.name}" TO {quoted}')
    conn.exec_driver_sql(f"GRANT SELECT ON alembic_version TO {quoted}")  # /readyz compares the revision
