"""The tables of the E-Akte: keys, Akte, Vorgang, parties, documents, decisions, service, postings, chains."""

import sqlalchemy as sa
from alembic import op

from storage import rls
from storage.models.base import Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "aktenplan_position",
    "anchor",
    "anchored_head",
    "data_key",
    "nummernkreis",
    "vertretung",
    "zeichnungsbefugnis",
    "zugriff",
    "zugriff_block",
    "zurueckstellung",
    "akte",
    "entwurf",
    "bestandsobjekt",
    "entwurf_file",
    "vorgang",
    "akte_event",
    "aussonderung",
    "bestandsobjekt_state",
    "beteiligung",
    "dokument",
    "frist",
    "loeschsperre",
    "offenlegung",
    "suchmerkmal",
    "vermerk",
    "vorgang_link",
    "vorgang_party",
    "antrag",
    "einwilligung",
    "frist_event",
    "nachricht",
    "rueckfrage",
    "sepa_mandat",
    "verwaltungsakt",
    "bekanntgabe",
    "nachricht_dokument",
    "rueckfrage_punkt",
    "sollstellung",
    "verwaltungsakt_adressat",
    "verwaltungsakt_dokument",
    "rechtsbehelf",
    "sollstellung_rate",
)


def upgrade() -> None:
    op.create_table(
        "aktenplan_position",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("kennzahl", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("retention_years", sa.Integer(), nullable=True),
        sa.Column("retention_source", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["aktenplan_position.tenant_id", "aktenplan_position.id"],
            name=op.f("fk_aktenplan_position_tenant_id_parent_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_aktenplan_position")),
        sa.UniqueConstraint(
            "tenant_id", "kennzahl", "valid_from", name=op.f("uq_aktenplan_position_tenant_id_kennzahl_valid_from")
        ),
    )
    op.create_table(
        "anchor",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at_byte", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name=op.f("pk_anchor")),
        info={"append_only": True},
    )
    op.create_table(
        "anchored_head",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("chain_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('instance', 'vorgang', 'zugriff')", name=op.f("ck_anchored_head_kind")),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "chain_id", name=op.f("pk_anchored_head")),
    )
    op.create_table(
        "data_key",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("master_key_id", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("destroyed_at", UtcDateTime(), nullable=True),
        sa.Column("destroyed_by", sa.Text(), nullable=True),
        sa.Column("destroyed_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("purpose IN ('akte', 'vorgang', 'instance')", name=op.f("ck_data_key_purpose")),
        sa.CheckConstraint("(destroyed_at IS NULL) = (destroyed_reason IS NULL)", name=op.f("ck_data_key_reason")),
        sa.CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name=op.f("ck_data_key_destroyed")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_data_key")),
    )
    op.create_table(
        "nummernkreis",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("jahr", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("letzte", sa.Integer(), nullable=False),
        sa.CheckConstraint("letzte > 0", name=op.f("ck_nummernkreis_letzte")),
        sa.PrimaryKeyConstraint("tenant_id", "name", "jahr", name=op.f("pk_nummernkreis")),
    )
    op.create_table(
        "vertretung",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("absent", sa.Text(), nullable=False),
        sa.Column("substitute", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("absent <> substitute", name=op.f("ck_vertretung_another")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_vertretung_period")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_vertretung")),
    )
    op.create_index(
        op.f("ix_vertretung_tenant_id_absent_ends_on"), "vertretung", ["tenant_id", "absent", "ends_on"], unique=False
    )
    op.create_index(
        op.f("ix_vertretung_tenant_id_substitute_ends_on"),
        "vertretung",
        ["tenant_id", "substitute", "ends_on"],
        unique=False,
    )
    op.create_table(
        "zeichnungsbefugnis",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("procedure_key", sa.Text(), nullable=False),
        sa.Column("decision_kind", sa.Text(), nullable=False),
        sa.Column("up_to_cents", sa.BigInteger(), nullable=True),
        sa.Column("second_person", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_zeichnungsbefugnis")),
    )
    op.create_index(
        op.f("ix_zeichnungsbefugnis_tenant_id_procedure_key_decision_kind"),
        "zeichnungsbefugnis",
        ["tenant_id", "procedure_key", "decision_kind"],
        unique=False,
    )
    op.create_table(
        "zugriff",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("block_seq", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('lesen', 'herunterladen', 'export', 'auskunft')", name=op.f("ck_zugriff_kind")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_zugriff")),
        sa.UniqueConstraint("tenant_id", "block_seq", "position", name=op.f("uq_zugriff_tenant_id_block_seq_position")),
    )
    op.create_index(
        op.f("ix_zugriff_tenant_id_vorgang_id_at"), "zugriff", ["tenant_id", "vorgang_id", "at"], unique=False
    )
    op.create_table(
        "zugriff_block",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("records_hash", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name=op.f("pk_zugriff_block")),
        info={"append_only": True},
    )
    op.create_table(
        "zurueckstellung",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=True),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_zurueckstellung")),
    )
    op.create_index(
        op.f("ix_zurueckstellung_tenant_id_task_id"), "zurueckstellung", ["tenant_id", "task_id"], unique=False
    )
    op.create_table(
        "akte",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("aktenzeichen", sa.Text(), nullable=False),
        sa.Column("aktenplan_position_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("geheimnis", sa.Text(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("geheimnis IN ('steuer', 'sozial', 'allgemein')", name=op.f("ck_akte_geheimnis")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "aktenplan_position_id"],
            ["aktenplan_position.tenant_id", "aktenplan_position.id"],
            name=op.f("fk_akte_tenant_id_aktenplan_position_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "key_id"], ["data_key.tenant_id", "data_key.id"], name=op.f("fk_akte_tenant_id_key_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_akte")),
        sa.UniqueConstraint("tenant_id", "aktenzeichen", name=op.f("uq_akte_tenant_id_aktenzeichen")),
    )
    op.create_index(
        op.f("ix_akte_tenant_id_aktenplan_position_id_id"),
        "akte",
        ["tenant_id", "aktenplan_position_id", "id"],
        unique=False,
    )
    op.create_table(
        "entwurf",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("procedure_key", sa.Text(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("answers", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "key_id"], ["data_key.tenant_id", "data_key.id"], name=op.f("fk_entwurf_tenant_id_key_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_entwurf")),
    )
    op.create_index(
        op.f("ix_entwurf_tenant_id_account_changed_at"), "entwurf", ["tenant_id", "account", "changed_at"], unique=False
    )
    op.create_index(op.f("ix_entwurf_tenant_id_expires_at"), "entwurf", ["tenant_id", "expires_at"], unique=False)
    op.create_table(
        "bestandsobjekt",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("akte_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "akte_id"], ["akte.tenant_id", "akte.id"], name=op.f("fk_bestandsobjekt_tenant_id_akte_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["bestandsobjekt.tenant_id", "bestandsobjekt.id"],
            name=op.f("fk_bestandsobjekt_tenant_id_parent_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_bestandsobjekt")),
        sa.UniqueConstraint("tenant_id", "kind", "number", name=op.f("uq_bestandsobjekt_tenant_id_kind_number")),
    )
    op.create_index(
        op.f("ix_bestandsobjekt_tenant_id_akte_id_kind"),
        "bestandsobjekt",
        ["tenant_id", "akte_id", "kind"],
        unique=False,
    )
    op.create_index(
        op.f("ix_bestandsobjekt_tenant_id_parent_id"), "bestandsobjekt", ["tenant_id", "parent_id"], unique=False
    )
    op.create_table(
        "entwurf_file",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entwurf_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("store_version_id", sa.Text(), nullable=False),
        sa.Column("scan_state", sa.Text(), nullable=False),
        sa.Column("uploaded_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "scan_state IN ('offen', 'sauber', 'befallen', 'nicht_pruefbar', 'entfaellt')",
            name=op.f("ck_entwurf_file_scan_state"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "entwurf_id"],
            ["entwurf.tenant_id", "entwurf.id"],
            name=op.f("fk_entwurf_file_tenant_id_entwurf_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_entwurf_file")),
    )
    op.create_index(
        op.f("ix_entwurf_file_tenant_id_entwurf_id"), "entwurf_file", ["tenant_id", "entwurf_id"], unique=False
    )
    op.create_index(
        op.f("ix_entwurf_file_tenant_id_object_key"), "entwurf_file", ["tenant_id", "object_key"], unique=False
    )
    op.create_table(
        "vorgang",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("akte_id", sa.Uuid(), nullable=False),
        sa.Column("aktenzeichen", sa.Text(), nullable=False),
        sa.Column("procedure_key", sa.Text(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=True),
        sa.Column("art", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("stand", sa.Text(), nullable=False),
        sa.Column("kanal", sa.Text(), nullable=False),
        sa.Column("typed_by", sa.Text(), nullable=False),
        sa.Column("declared_by", sa.Text(), nullable=True),
        sa.Column("eingegangen_am", UtcDateTime(), nullable=False),
        sa.Column("erfasst_am", UtcDateTime(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("geheimnis", sa.Text(), nullable=False),
        sa.Column("verfahrensrecht", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("trust_level", sa.Text(), nullable=False),
        sa.Column("trust_source", sa.Text(), nullable=True),
        sa.Column("access_code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("kette_seq", sa.Integer(), nullable=False),
        sa.Column("kette_hash", sa.LargeBinary(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("zda_at", UtcDateTime(), nullable=True),
        sa.Column("zda_by", sa.Text(), nullable=True),
        sa.Column("retention_class", sa.Text(), nullable=True),
        sa.Column("retention_years", sa.Integer(), nullable=True),
        sa.Column("retention_until", sa.Date(), nullable=True),
        sa.CheckConstraint("art IN ('antrag', 'anzeige', 'meldung')", name=op.f("ck_vorgang_art")),
        sa.CheckConstraint("geheimnis IN ('steuer', 'sozial', 'allgemein')", name=op.f("ck_vorgang_geheimnis")),
        sa.CheckConstraint(
            "kanal IN ('portal', 'schalter', 'papier', 'telefon', 'bot', 'iot', 'api')", name=op.f("ck_vorgang_kanal")
        ),
        sa.CheckConstraint("status IN ('offen', 'abgeschlossen', 'zda', 'vernichtet')", name=op.f("ck_vorgang_status")),
        sa.CheckConstraint(
            "trust_level IN ('keins', 'basisregistrierung', 'substantiell', 'hoch')",
            name=op.f("ck_vorgang_trust_level"),
        ),
        sa.CheckConstraint(
            "verfahrensrecht IN ('ao', 'hvwvfg', 'sgb_x', 'owig', 'keines')", name=op.f("ck_vorgang_verfahrensrecht")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "akte_id"], ["akte.tenant_id", "akte.id"], name=op.f("fk_vorgang_tenant_id_akte_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "key_id"], ["data_key.tenant_id", "data_key.id"], name=op.f("fk_vorgang_tenant_id_key_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_vorgang")),
        sa.UniqueConstraint("tenant_id", "aktenzeichen", name=op.f("uq_vorgang_tenant_id_aktenzeichen")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        op.f("ix_vorgang_tenant_id_akte_id_eingegangen_am"),
        "vorgang",
        ["tenant_id", "akte_id", "eingegangen_am"],
        unique=False,
    )
    op.create_index(
        op.f("ix_vorgang_tenant_id_procedure_key_status_eingegangen_am_id"),
        "vorgang",
        ["tenant_id", "procedure_key", "status", "eingegangen_am", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_vorgang_tenant_id_status_retention_until"),
        "vorgang",
        ["tenant_id", "status", "retention_until"],
        unique=False,
    )
    op.create_table(
        "akte_event",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("subject_fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("instance_id", sa.Uuid(), nullable=True),
        sa.Column("instance_seq", sa.Integer(), nullable=True),
        sa.Column("step_hash", sa.LargeBinary(), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("seq > 0", name=op.f("ck_akte_event_seq")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_akte_event_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "vorgang_id", "seq", name=op.f("pk_akte_event")),
        info={"append_only": True},
    )
    op.create_table(
        "aussonderung",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("archive", sa.Text(), nullable=False),
        sa.Column("offered_at", UtcDateTime(), nullable=False),
        sa.Column("offered_by", sa.Text(), nullable=False),
        sa.Column("bewertung", sa.Text(), nullable=True),
        sa.Column("appraised_at", UtcDateTime(), nullable=True),
        sa.Column("proposed_by", sa.Text(), nullable=True),
        sa.Column("proposed_at", UtcDateTime(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("destroyed_at", UtcDateTime(), nullable=True),
        sa.Column("protocol", Json, nullable=True),
        sa.CheckConstraint("bewertung IN ('A', 'B', 'V')", name=op.f("ck_aussonderung_bewertung")),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> proposed_by", name=op.f("ck_aussonderung_second_person")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_aussonderung_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "vorgang_id", name=op.f("pk_aussonderung")),
    )
    op.create_index(
        op.f("ix_aussonderung_tenant_id_destroyed_at_offered_at"),
        "aussonderung",
        ["tenant_id", "destroyed_at", "offered_at"],
        unique=False,
    )
    op.create_table(
        "bestandsobjekt_state",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bestandsobjekt_id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("fields", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("superseded_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_bestandsobjekt_state_validity")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "bestandsobjekt_id"],
            ["bestandsobjekt.tenant_id", "bestandsobjekt.id"],
            name=op.f("fk_bestandsobjekt_state_tenant_id_bestandsobjekt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_bestandsobjekt_state_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_bestandsobjekt_state")),
    )
    op.create_index(
        op.f("ix_bestandsobjekt_state_tenant_id_bestandsobjekt_id_valid_from"),
        "bestandsobjekt_state",
        ["tenant_id", "bestandsobjekt_id", "valid_from"],
        unique=False,
    )
    op.create_index(
        op.f("ix_bestandsobjekt_state_tenant_id_vorgang_id"),
        "bestandsobjekt_state",
        ["tenant_id", "vorgang_id"],
        unique=False,
    )
    op.create_table(
        "beteiligung",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("norm", sa.Text(), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("question", sa.LargeBinary(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_beteiligung_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_beteiligung")),
    )
    op.create_index(
        op.f("ix_beteiligung_tenant_id_office_answered_at_due_on"),
        "beteiligung",
        ["tenant_id", "office", "answered_at", "due_on"],
        unique=False,
    )
    op.create_index(
        op.f("ix_beteiligung_tenant_id_vorgang_id"), "beteiligung", ["tenant_id", "vorgang_id"], unique=False
    )
    op.create_table(
        "dokument",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("richtung", sa.Text(), nullable=False),
        sa.Column("art", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("dokumentdatum", sa.Date(), nullable=True),
        sa.Column("eingegangen_am", UtcDateTime(), nullable=True),
        sa.Column("filed_at", UtcDateTime(), nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.Column("fassung", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("previous_id", sa.Uuid(), nullable=True),
        sa.Column("verfasser", sa.Text(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("store_version_id", sa.Text(), nullable=False),
        sa.Column("scan_state", sa.Text(), nullable=False),
        sa.Column("moved_from_id", sa.Uuid(), nullable=True),
        sa.Column("storniert_at", UtcDateTime(), nullable=True),
        sa.Column("storniert_by", sa.Text(), nullable=True),
        sa.Column("storniert_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("fassung IN ('entwurf', 'reinschrift')", name=op.f("ck_dokument_fassung")),
        sa.CheckConstraint("richtung IN ('eingang', 'ausgang', 'intern')", name=op.f("ck_dokument_richtung")),
        sa.CheckConstraint(
            "scan_state IN ('offen', 'sauber', 'befallen', 'nicht_pruefbar', 'entfaellt')",
            name=op.f("ck_dokument_scan_state"),
        ),
        sa.CheckConstraint("(storniert_at IS NULL) = (storniert_reason IS NULL)", name=op.f("ck_dokument_storniert")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "moved_from_id"],
            ["dokument.tenant_id", "dokument.id"],
            name=op.f("fk_dokument_tenant_id_moved_from_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "previous_id"],
            ["dokument.tenant_id", "dokument.id"],
            name=op.f("fk_dokument_tenant_id_previous_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_dokument_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_dokument")),
    )
    op.create_index(op.f("ix_dokument_tenant_id_object_key"), "dokument", ["tenant_id", "object_key"], unique=False)
    op.create_index(
        op.f("ix_dokument_tenant_id_scan_state_id"), "dokument", ["tenant_id", "scan_state", "id"], unique=False
    )
    op.create_index(op.f("ix_dokument_tenant_id_vorgang_id"), "dokument", ["tenant_id", "vorgang_id"], unique=False)
    op.create_table(
        "frist",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("verfahrensrecht", sa.Text(), nullable=False),
        sa.Column("norm", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("original_ends_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "status IN ('laeuft', 'gehemmt', 'eingehalten', 'abgelaufen', 'entfallen')", name=op.f("ck_frist_status")
        ),
        sa.CheckConstraint(
            "verfahrensrecht IN ('ao', 'hvwvfg', 'sgb_x', 'owig', 'keines')", name=op.f("ck_frist_verfahrensrecht")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"], name=op.f("fk_frist_tenant_id_vorgang_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_frist")),
    )
    op.create_index(
        op.f("ix_frist_tenant_id_status_ends_on"), "frist", ["tenant_id", "status", "ends_on"], unique=False
    )
    op.create_index(op.f("ix_frist_tenant_id_vorgang_id"), "frist", ["tenant_id", "vorgang_id"], unique=False)
    op.create_table(
        "loeschsperre",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("lifted_at", UtcDateTime(), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_loeschsperre_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_loeschsperre")),
    )
    op.create_index(
        op.f("ix_loeschsperre_tenant_id_vorgang_id"), "loeschsperre", ["tenant_id", "vorgang_id"], unique=False
    )
    op.create_table(
        "offenlegung",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("norm", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_offenlegung_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_offenlegung")),
        info={"append_only": True},
    )
    op.create_index(
        op.f("ix_offenlegung_tenant_id_vorgang_id_at"), "offenlegung", ["tenant_id", "vorgang_id", "at"], unique=False
    )
    op.create_table(
        "suchmerkmal",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_suchmerkmal_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_suchmerkmal")),
    )
    op.create_index(
        op.f("ix_suchmerkmal_tenant_id_name_value"), "suchmerkmal", ["tenant_id", "name", "value"], unique=False
    )
    op.create_index(
        op.f("ix_suchmerkmal_tenant_id_vorgang_id"), "suchmerkmal", ["tenant_id", "vorgang_id"], unique=False
    )
    op.create_table(
        "vermerk",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_vermerk_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_vermerk")),
        info={"append_only": True},
    )
    op.create_index(
        op.f("ix_vermerk_tenant_id_vorgang_id_at"), "vermerk", ["tenant_id", "vorgang_id", "at"], unique=False
    )
    op.create_table(
        "vorgang_link",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("linked_at", UtcDateTime(), nullable=False),
        sa.Column("linked_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "other_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_vorgang_link_tenant_id_other_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_vorgang_link_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "vorgang_id", "other_id", name=op.f("pk_vorgang_link")),
    )
    op.create_index(op.f("ix_vorgang_link_tenant_id_other_id"), "vorgang_link", ["tenant_id", "other_id"], unique=False)
    op.create_table(
        "vorgang_party",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("rolle", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("represents_id", sa.Uuid(), nullable=True),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('person', 'organisation')", name=op.f("ck_vorgang_party_kind")),
        sa.CheckConstraint(
            "rolle IN ('antragsteller', 'steuerschuldner', 'gesetzlicher_vertreter', "
            "'bevollmaechtigter', 'empfangsbevollmaechtigter', 'kontoinhaber', 'beteiligter')",
            name=op.f("ck_vorgang_party_rolle"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "represents_id"],
            ["vorgang_party.tenant_id", "vorgang_party.id"],
            name=op.f("fk_vorgang_party_tenant_id_represents_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_vorgang_party_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_vorgang_party")),
    )
    op.create_index(
        op.f("ix_vorgang_party_tenant_id_account_vorgang_id"),
        "vorgang_party",
        ["tenant_id", "account", "vorgang_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_vorgang_party_tenant_id_vorgang_id"), "vorgang_party", ["tenant_id", "vorgang_id"], unique=False
    )
    op.create_table(
        "antrag",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("receipt_number", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("art", sa.Text(), nullable=False),
        sa.Column("form_key", sa.Text(), nullable=False),
        sa.Column("dokument_id", sa.Uuid(), nullable=False),
        sa.Column("readable_id", sa.Uuid(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("sent_by", sa.Text(), nullable=False),
        sa.Column("trust_level", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.CheckConstraint("art IN ('antrag', 'anzeige', 'meldung')", name=op.f("ck_antrag_art")),
        sa.CheckConstraint(
            "trust_level IN ('keins', 'basisregistrierung', 'substantiell', 'hoch')", name=op.f("ck_antrag_trust_level")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dokument_id"],
            ["dokument.tenant_id", "dokument.id"],
            name=op.f("fk_antrag_tenant_id_dokument_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "readable_id"],
            ["dokument.tenant_id", "dokument.id"],
            name=op.f("fk_antrag_tenant_id_readable_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_antrag_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_antrag")),
        sa.UniqueConstraint(
            "tenant_id", "receipt_number", "part", name=op.f("uq_antrag_tenant_id_receipt_number_part")
        ),
    )
    op.create_index(op.f("ix_antrag_tenant_id_vorgang_id"), "antrag", ["tenant_id", "vorgang_id"], unique=False)
    op.create_table(
        "einwilligung",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("norm", sa.Text(), nullable=False),
        sa.Column("chosen_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["vorgang_party.tenant_id", "vorgang_party.id"],
            name=op.f("fk_einwilligung_tenant_id_party_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_einwilligung_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_einwilligung")),
    )
    op.create_index(
        op.f("ix_einwilligung_tenant_id_vorgang_id"), "einwilligung", ["tenant_id", "vorgang_id"], unique=False
    )
    op.create_table(
        "frist_event",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("frist_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('verlaengerung_beantragt', 'verlaengert', 'verlaengerung_abgelehnt', 'gehemmt', 'fortgesetzt')",
            name=op.f("ck_frist_event_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "frist_id"], ["frist.tenant_id", "frist.id"], name=op.f("fk_frist_event_tenant_id_frist_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_frist_event")),
        info={"append_only": True},
    )
    op.create_index(
        op.f("ix_frist_event_tenant_id_frist_id_at"), "frist_event", ["tenant_id", "frist_id", "at"], unique=False
    )
    op.create_table(
        "nachricht",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("richtung", sa.Text(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("sent_by", sa.Text(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.Column("notification", sa.Text(), nullable=False),
        sa.Column("notification_job_id", sa.Uuid(), nullable=True),
        sa.Column("notified_at", UtcDateTime(), nullable=True),
        sa.Column("notification_error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "notification IN ('keine', 'wartet', 'versandt', 'fehlgeschlagen')", name=op.f("ck_nachricht_notification")
        ),
        sa.CheckConstraint("richtung IN ('an_partei', 'von_partei')", name=op.f("ck_nachricht_richtung")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["vorgang_party.tenant_id", "vorgang_party.id"],
            name=op.f("fk_nachricht_tenant_id_party_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_nachricht_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_nachricht")),
    )
    op.create_index(
        op.f("ix_nachricht_tenant_id_account_sent_at_id"),
        "nachricht",
        ["tenant_id", "account", "sent_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_nachricht_tenant_id_vorgang_id_sent_at"),
        "nachricht",
        ["tenant_id", "vorgang_id", "sent_at"],
        unique=False,
    )
    op.create_table(
        "rueckfrage",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("instance_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("frist_id", sa.Uuid(), nullable=True),
        sa.Column("dokument_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("reminded_at", UtcDateTime(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "status IN ('offen', 'beantwortet', 'erledigt', 'ueberfaellig')", name=op.f("ck_rueckfrage_status")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dokument_id"],
            ["dokument.tenant_id", "dokument.id"],
            name=op.f("fk_rueckfrage_tenant_id_dokument_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "frist_id"], ["frist.tenant_id", "frist.id"], name=op.f("fk_rueckfrage_tenant_id_frist_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["vorgang_party.tenant_id", "vorgang_party.id"],
            name=op.f("fk_rueckfrage_tenant_id_party_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_rueckfrage_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_rueckfrage")),
    )
    op.create_index(op.f("ix_rueckfrage_tenant_id_vorgang_id"), "rueckfrage", ["tenant_id", "vorgang_id"], unique=False)
    op.create_table(
        "sepa_mandat",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("kontoinhaber_id", sa.Uuid(), nullable=False),
        sa.Column("glaeubiger_id", sa.Text(), nullable=False),
        sa.Column("mandatsreferenz", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("iban", sa.LargeBinary(), nullable=False),
        sa.Column("iban_masked", sa.Text(), nullable=False),
        sa.Column("dokument_id", sa.Uuid(), nullable=True),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dokument_id"],
            ["dokument.tenant_id", "dokument.id"],
            name=op.f("fk_sepa_mandat_tenant_id_dokument_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "kontoinhaber_id"],
            ["vorgang_party.tenant_id", "vorgang_party.id"],
            name=op.f("fk_sepa_mandat_tenant_id_kontoinhaber_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_sepa_mandat_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sepa_mandat")),
        sa.UniqueConstraint("tenant_id", "mandatsreferenz", name=op.f("uq_sepa_mandat_tenant_id_mandatsreferenz")),
    )
    op.create_index(
        op.f("ix_sepa_mandat_tenant_id_vorgang_id"), "sepa_mandat", ["tenant_id", "vorgang_id"], unique=False
    )
    op.create_table(
        "verwaltungsakt",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("verfahrensrecht", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("tenor", sa.LargeBinary(), nullable=False),
        sa.Column("reasons", sa.LargeBinary(), nullable=True),
        sa.Column("period_from", sa.Date(), nullable=True),
        sa.Column("period_to", sa.Date(), nullable=True),
        sa.Column("legal_basis", Json, nullable=False),
        sa.Column("satzung_version", sa.Text(), nullable=True),
        sa.Column("ersetzt_id", sa.Uuid(), nullable=True),
        sa.Column("dokument_id", sa.Uuid(), nullable=True),
        sa.Column("second_person", sa.Boolean(), nullable=False),
        sa.Column("prepared_at", UtcDateTime(), nullable=False),
        sa.Column("prepared_by", sa.Text(), nullable=False),
        sa.Column("signed_at", UtcDateTime(), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.Column("signed_as", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('entwurf', 'freigegeben', 'bekannt_gegeben', "
            "'angefochten', 'bestandskraeftig', 'geaendert', 'aufgehoben')",
            name=op.f("ck_verwaltungsakt_status"),
        ),
        sa.CheckConstraint(
            "verfahrensrecht IN ('ao', 'hvwvfg', 'sgb_x', 'owig', 'keines')",
            name=op.f("ck_verwaltungsakt_verfahrensrecht"),
        ),
        sa.CheckConstraint(
            "NOT second_person OR signed_by IS NULL OR signed_by <> prepared_by",
            name=op.f("ck_verwaltungsakt_second_person"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dokument_id"],
            ["dokument.tenant_id", "dokument.id"],
            name=op.f("fk_verwaltungsakt_tenant_id_dokument_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ersetzt_id"],
            ["verwaltungsakt.tenant_id", "verwaltungsakt.id"],
            name=op.f("fk_verwaltungsakt_tenant_id_ersetzt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_verwaltungsakt_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_verwaltungsakt")),
    )
    op.create_index(
        op.f("ix_verwaltungsakt_tenant_id_status_kind_id"),
        "verwaltungsakt",
        ["tenant_id", "status", "kind", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_verwaltungsakt_tenant_id_vorgang_id"), "verwaltungsakt", ["tenant_id", "vorgang_id"], unique=False
    )
    op.create_table(
        "bekanntgabe",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("verwaltungsakt_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("kanal", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("norm", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("bereitgestellt_at", UtcDateTime(), nullable=True),
        sa.Column("notification", sa.Text(), nullable=False),
        sa.Column("notification_job_id", sa.Uuid(), nullable=True),
        sa.Column("notified_at", UtcDateTime(), nullable=True),
        sa.Column("fetched_at", UtcDateTime(), nullable=True),
        sa.Column("abgesandt_am", sa.Date(), nullable=True),
        sa.Column("abgesandt_by", sa.Text(), nullable=True),
        sa.Column("abgesandt_recorded_at", UtcDateTime(), nullable=True),
        sa.Column("zugestellt_am", sa.Date(), nullable=True),
        sa.Column("ruecklauf_am", sa.Date(), nullable=True),
        sa.Column("ruecklauf_reason", sa.Text(), nullable=True),
        sa.Column("ruecklauf_by", sa.Text(), nullable=True),
        sa.Column("bekanntgegeben_am", sa.Date(), nullable=True),
        sa.Column("remedy", sa.Text(), nullable=True),
        sa.Column("frist_ende", sa.Date(), nullable=True),
        sa.Column("frist_ende_latest", sa.Date(), nullable=True),
        sa.Column("frist_abgelaufen_at", UtcDateTime(), nullable=True),
        sa.Column("bestandskraft_noted_on", sa.Date(), nullable=True),
        sa.Column("bestandskraft_revoked_on", sa.Date(), nullable=True),
        sa.Column("bestandskraft_revoked_reason", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "kanal IN ('brief', 'portal_abruf', 'nutzerkonto_postfach', 'zustellung')",
            name=op.f("ck_bekanntgabe_kanal"),
        ),
        sa.CheckConstraint(
            "notification IN ('keine', 'wartet', 'versandt', 'fehlgeschlagen')",
            name=op.f("ck_bekanntgabe_notification"),
        ),
        sa.CheckConstraint(
            "status IN ('vorbereitet', 'bereitgestellt', 'abgesandt', 'bekannt_gegeben', 'nicht_bekannt_gegeben')",
            name=op.f("ck_bekanntgabe_status"),
        ),
        sa.CheckConstraint("(abgesandt_am IS NULL) = (abgesandt_by IS NULL)", name=op.f("ck_bekanntgabe_ab_vermerk")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["vorgang_party.tenant_id", "vorgang_party.id"],
            name=op.f("fk_bekanntgabe_tenant_id_party_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "verwaltungsakt_id"],
            ["verwaltungsakt.tenant_id", "verwaltungsakt.id"],
            name=op.f("fk_bekanntgabe_tenant_id_verwaltungsakt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_bekanntgabe_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_bekanntgabe")),
        sa.UniqueConstraint(
            "tenant_id",
            "verwaltungsakt_id",
            "party_id",
            "attempt",
            name=op.f("uq_bekanntgabe_tenant_id_verwaltungsakt_id_party_id_attempt"),
        ),
    )
    op.create_index(
        op.f("ix_bekanntgabe_tenant_id_status_frist_ende"),
        "bekanntgabe",
        ["tenant_id", "status", "frist_ende"],
        unique=False,
    )
    op.create_index(
        op.f("ix_bekanntgabe_tenant_id_vorgang_id"), "bekanntgabe", ["tenant_id", "vorgang_id"], unique=False
    )
    op.create_table(
        "nachricht_dokument",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("nachricht_id", sa.Uuid(), nullable=False),
        sa.Column("dokument_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dokument_id"],
            ["dokument.tenant_id", "dokument.id"],
            name=op.f("fk_nachricht_dokument_tenant_id_dokument_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "nachricht_id"],
            ["nachricht.tenant_id", "nachricht.id"],
            name=op.f("fk_nachricht_dokument_tenant_id_nachricht_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "nachricht_id", "dokument_id", name=op.f("pk_nachricht_dokument")),
    )
    op.create_index(
        op.f("ix_nachricht_dokument_tenant_id_dokument_id"),
        "nachricht_dokument",
        ["tenant_id", "dokument_id"],
        unique=False,
    )
    op.create_table(
        "rueckfrage_punkt",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rueckfrage_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("dokument_id", sa.Uuid(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('nachweis', 'angabe')", name=op.f("ck_rueckfrage_punkt_kind")),
        sa.CheckConstraint("status IN ('offen', 'erfuellt', 'verzichtet')", name=op.f("ck_rueckfrage_punkt_status")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dokument_id"],
            ["dokument.tenant_id", "dokument.id"],
            name=op.f("fk_rueckfrage_punkt_tenant_id_dokument_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "rueckfrage_id"],
            ["rueckfrage.tenant_id", "rueckfrage.id"],
            name=op.f("fk_rueckfrage_punkt_tenant_id_rueckfrage_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_rueckfrage_punkt")),
    )
    op.create_index(
        op.f("ix_rueckfrage_punkt_tenant_id_rueckfrage_id_position"),
        "rueckfrage_punkt",
        ["tenant_id", "rueckfrage_id", "position"],
        unique=False,
    )
    op.create_table(
        "sollstellung",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("verwaltungsakt_id", sa.Uuid(), nullable=False),
        sa.Column("schuldner_id", sa.Uuid(), nullable=False),
        sa.Column("kassenzeichen", sa.Text(), nullable=False),
        sa.Column("haushaltsstelle", sa.Text(), nullable=False),
        sa.Column("waehrung", sa.Text(), nullable=False),
        sa.Column("mandat_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("festgestellt_by", sa.Text(), nullable=True),
        sa.Column("festgestellt_at", UtcDateTime(), nullable=True),
        sa.Column("angeordnet_by", sa.Text(), nullable=True),
        sa.Column("angeordnet_at", UtcDateTime(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("dokument_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("uebergeben_at", UtcDateTime(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("abgelehnt_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('vorbereitet', 'uebergeben', 'bestaetigt', 'abgelehnt')", name=op.f("ck_sollstellung_status")
        ),
        sa.CheckConstraint("waehrung = 'EUR'", name=op.f("ck_sollstellung_waehrung")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dokument_id"],
            ["dokument.tenant_id", "dokument.id"],
            name=op.f("fk_sollstellung_tenant_id_dokument_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "mandat_id"],
            ["sepa_mandat.tenant_id", "sepa_mandat.id"],
            name=op.f("fk_sollstellung_tenant_id_mandat_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "schuldner_id"],
            ["vorgang_party.tenant_id", "vorgang_party.id"],
            name=op.f("fk_sollstellung_tenant_id_schuldner_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "verwaltungsakt_id"],
            ["verwaltungsakt.tenant_id", "verwaltungsakt.id"],
            name=op.f("fk_sollstellung_tenant_id_verwaltungsakt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_sollstellung_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sollstellung")),
    )
    op.create_index(
        op.f("ix_sollstellung_tenant_id_kassenzeichen"), "sollstellung", ["tenant_id", "kassenzeichen"], unique=False
    )
    op.create_index(
        op.f("ix_sollstellung_tenant_id_status_created_at"),
        "sollstellung",
        ["tenant_id", "status", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sollstellung_tenant_id_vorgang_id"), "sollstellung", ["tenant_id", "vorgang_id"], unique=False
    )
    op.create_table(
        "verwaltungsakt_adressat",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("verwaltungsakt_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("rolle", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "rolle IN ('inhaltsadressat', 'bekanntgabeadressat')", name=op.f("ck_verwaltungsakt_adressat_rolle")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["vorgang_party.tenant_id", "vorgang_party.id"],
            name=op.f("fk_verwaltungsakt_adressat_tenant_id_party_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "verwaltungsakt_id"],
            ["verwaltungsakt.tenant_id", "verwaltungsakt.id"],
            name=op.f("fk_verwaltungsakt_adressat_tenant_id_verwaltungsakt_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "verwaltungsakt_id", "party_id", "rolle", name=op.f("pk_verwaltungsakt_adressat")
        ),
    )
    op.create_index(
        op.f("ix_verwaltungsakt_adressat_tenant_id_party_id"),
        "verwaltungsakt_adressat",
        ["tenant_id", "party_id"],
        unique=False,
    )
    op.create_table(
        "verwaltungsakt_dokument",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("verwaltungsakt_id", sa.Uuid(), nullable=False),
        sa.Column("dokument_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dokument_id"],
            ["dokument.tenant_id", "dokument.id"],
            name=op.f("fk_verwaltungsakt_dokument_tenant_id_dokument_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "verwaltungsakt_id"],
            ["verwaltungsakt.tenant_id", "verwaltungsakt.id"],
            name=op.f("fk_verwaltungsakt_dokument_tenant_id_verwaltungsakt_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "verwaltungsakt_id", "dokument_id", name=op.f("pk_verwaltungsakt_dokument")
        ),
    )
    op.create_index(
        op.f("ix_verwaltungsakt_dokument_tenant_id_dokument_id"),
        "verwaltungsakt_dokument",
        ["tenant_id", "dokument_id"],
        unique=False,
    )
    op.create_table(
        "rechtsbehelf",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=False),
        sa.Column("bekanntgabe_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("eingegangen_am", UtcDateTime(), nullable=False),
        sa.Column("dokument_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("wiedereinsetzung", sa.Boolean(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "form IN ('schriftlich', 'niederschrift', 'elektronisch')", name=op.f("ck_rechtsbehelf_form")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "bekanntgabe_id"],
            ["bekanntgabe.tenant_id", "bekanntgabe.id"],
            name=op.f("fk_rechtsbehelf_tenant_id_bekanntgabe_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "dokument_id"],
            ["dokument.tenant_id", "dokument.id"],
            name=op.f("fk_rechtsbehelf_tenant_id_dokument_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vorgang_id"],
            ["vorgang.tenant_id", "vorgang.id"],
            name=op.f("fk_rechtsbehelf_tenant_id_vorgang_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_rechtsbehelf")),
    )
    op.create_index(
        op.f("ix_rechtsbehelf_tenant_id_bekanntgabe_id"), "rechtsbehelf", ["tenant_id", "bekanntgabe_id"], unique=False
    )
    op.create_index(
        op.f("ix_rechtsbehelf_tenant_id_vorgang_id"), "rechtsbehelf", ["tenant_id", "vorgang_id"], unique=False
    )
    op.create_table(
        "sollstellung_rate",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("sollstellung_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=True),
        sa.Column("period_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sollstellung_id"],
            ["sollstellung.tenant_id", "sollstellung.id"],
            name=op.f("fk_sollstellung_rate_tenant_id_sollstellung_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "sollstellung_id", "position", name=op.f("pk_sollstellung_rate")),
    )
    rls.protect(*TABLES)
    if op.get_bind().dialect.name == "postgresql":
        # Ciphertext does not compress: do not let PostgreSQL try.
        for table, column in (("akte_event", "payload"), ("entwurf", "answers")):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")
    _forbid_changes("akte_event", "zugriff_block", "anchor")


def _forbid_changes(*tables: str) -> None:
    """Chains only grow: not even a mistake of the product or a script of the owner changes or removes a link."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
    for table in tables:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
            continue
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
