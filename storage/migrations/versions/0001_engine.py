"""The tables of the engine: deployments, instances with their steps, tasks, jobs, messages."""

import sqlalchemy as sa
from alembic import op

from storage import rls
from storage.models.base import Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "deployment",
    "deployment_file",
    "instance",
    "step",
    "task",
    "task_candidate",
    "job",
    "incident",
    "message",
    "message_wait",
    "form_values",
    "idempotency_key",
)


def upgrade() -> None:
    op.create_table(
        "deployment",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("procedure_key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("manifest_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("deployed_at", UtcDateTime(), nullable=False),
        sa.Column("deployed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_deployment")),
        sa.UniqueConstraint(
            "tenant_id", "procedure_key", "version", name=op.f("uq_deployment_tenant_id_procedure_key_version")
        ),
    )
    op.create_table(
        "deployment_file",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "deployment_id"],
            ["deployment.tenant_id", "deployment.id"],
            name=op.f("fk_deployment_file_tenant_id_deployment_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "deployment_id", "path", name=op.f("pk_deployment_file")),
    )
    op.create_table(
        "instance",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("procedure_key", sa.Text(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=True),
        sa.Column("business_key", sa.Text(), nullable=True),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("head_hash", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "deployment_id"],
            ["deployment.tenant_id", "deployment.id"],
            name=op.f("fk_instance_tenant_id_deployment_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_instance")),
        postgresql_with={"fillfactor": 60},
    )
    op.create_index(op.f("ix_instance_tenant_id_business_key"), "instance", ["tenant_id", "business_key"])
    op.create_index(
        op.f("ix_instance_tenant_id_procedure_key_status_started_at_id"),
        "instance",
        ["tenant_id", "procedure_key", "status", "started_at", "id"],
    )
    op.create_index(op.f("ix_instance_tenant_id_vorgang_id"), "instance", ["tenant_id", "vorgang_id"])
    op.create_table(
        "step",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("moves", Json, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("state_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "instance_id", "seq", name=op.f("pk_step")),
    )
    op.create_table(
        "task",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("vorgang_id", sa.Uuid(), nullable=True),
        sa.Column("procedure_key", sa.Text(), nullable=False),
        sa.Column("business_key", sa.Text(), nullable=True),
        sa.Column("wait", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("form_key", sa.Text(), nullable=True),
        sa.Column("lane", sa.Text(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("follow_up_at", UtcDateTime(), nullable=True),
        sa.Column("sort_at", UtcDateTime(), nullable=False),
        sa.Column("properties", Json, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_task")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_task_tenant_id_assignee_sort_at_id"),
        "task",
        ["tenant_id", "assignee", "sort_at", "id"],
        postgresql_where=sa.text("assignee IS NOT NULL"),
        sqlite_where=sa.text("assignee IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_task_tenant_id_vorgang_id"),
        "task",
        ["tenant_id", "vorgang_id"],
        postgresql_where=sa.text("vorgang_id IS NOT NULL"),
        sqlite_where=sa.text("vorgang_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_task_tenant_id_instance_id"), "task", ["tenant_id", "instance_id"])
    op.create_table(
        "task_candidate",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("candidate", sa.Text(), nullable=False),
        sa.Column("claimed", sa.Boolean(), nullable=False),
        sa.Column("sort_at", UtcDateTime(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "candidate", "claimed", "sort_at", "task_id", name=op.f("pk_task_candidate")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_task_candidate_tenant_id_task_id"), "task_candidate", ["tenant_id", "task_id"])
    op.create_table(
        "job",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("instance_id", sa.Uuid(), nullable=True),
        sa.Column("vorgang_id", sa.Uuid(), nullable=True),
        sa.Column("wait", sa.Text(), nullable=True),
        sa.Column("element", sa.Text(), nullable=True),
        sa.Column("arguments", Json, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("run_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_job")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_job_tenant_id_queue_run_at_id"), "job", ["tenant_id", "queue", "run_at", "id"])
    op.create_table(
        "incident",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=True),
        sa.Column("vorgang_id", sa.Uuid(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("element", sa.Text(), nullable=True),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_incident")),
    )
    op.create_index(op.f("ix_incident_tenant_id_instance_id"), "incident", ["tenant_id", "instance_id"])
    op.create_index(op.f("ix_incident_tenant_id_job_id"), "incident", ["tenant_id", "job_id"])
    op.create_index(
        op.f("ix_incident_tenant_id_resolved_at_occurred_at_id"),
        "incident",
        ["tenant_id", "resolved_at", "occurred_at", "id"],
    )
    op.create_table(
        "message",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("status IN ('stored', 'delivered', 'ambiguous', 'expired')", name=op.f("ck_message_status")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_message")),
        sa.UniqueConstraint("tenant_id", "message_id", name=op.f("uq_message_tenant_id_message_id")),
    )
    op.create_index(op.f("ix_message_tenant_id_name_key_status"), "message", ["tenant_id", "name", "key", "status"])
    op.create_index(op.f("ix_message_tenant_id_status_expires_at"), "message", ["tenant_id", "status", "expires_at"])
    op.create_table(
        "message_wait",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("wait", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_message_wait")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_message_wait_tenant_id_name_key"), "message_wait", ["tenant_id", "name", "key"])
    op.create_table(
        "form_values",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=True),
        sa.Column("vorgang_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("form_key", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_form_values")),
    )
    op.create_index(op.f("ix_form_values_tenant_id_instance_id"), "form_values", ["tenant_id", "instance_id"])
    op.create_index(
        op.f("ix_form_values_tenant_id_vorgang_id"),
        "form_values",
        ["tenant_id", "vorgang_id"],
        postgresql_where=sa.text("vorgang_id IS NOT NULL"),
        sqlite_where=sa.text("vorgang_id IS NOT NULL"),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("response", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key", name=op.f("pk_idempotency_key")),
        sqlite_with_rowid=False,
    )
    rls.protect(*TABLES)
    if op.get_bind().dialect.name == "postgresql":
        # Ciphertext does not compress: do not let PostgreSQL try.
        for table, column in (("instance", "state"), ("step", "payload"), ("form_values", "payload")):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")
