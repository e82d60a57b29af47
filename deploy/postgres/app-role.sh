#!/bin/sh
# The login role of web and worker: it owns nothing and has no DDL (row-level security binds it).
set -eu
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -v password="$(cat /run/secrets/db_app)" <<'SQL'
CREATE ROLE amtsweg_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
SQL
