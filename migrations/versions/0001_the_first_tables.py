"""The first tables: stores, catalogue, stock, reservations, messages, staff."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


EXTENSIONS = ("btree_gist", "unaccent", "pg_trgm")

# `unaccent` is only STABLE, because its dictionary could change; ours does not, and indexes need IMMUTABLE
UNACCENT = """
create function vitrine_unaccent(text) returns text language sql immutable parallel safe strict
as $$ select public.unaccent('public.unaccent', $1) $$
"""

# the last wall behind `stores.stock.hold`: nobody promises more while too much is promised already
GUARD = """
create function vitrine_guard_stock() returns trigger language plpgsql as $$
begin
    if new.reserved > old.reserved and greatest(new.book, 0) - new.reserved - new.unsellable - new.safety < 0 then
        raise exception 'store % has not enough of variant % to promise more', new.store_id, new.variant_id
            using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger guard before update of reserved on store_stock for each row execute function vitrine_guard_stock()
"""

APPEND_ONLY = """
create function vitrine_append_only() returns trigger language plpgsql as $$
begin
    raise exception '% is append only', tg_table_name using errcode = 'insufficient_privilege';
end $$
"""
KEPT_FOR_EVER = ("stock_movement", "journal")


def execute_each(script: str) -> None:
    """asyncpg prepares one statement at a time."""
    for statement in script.split(";\ncreate"):
        op.execute(statement if statement.lstrip().startswith("create") else "create" + statement)


def upgrade() -> None:
    for extension in EXTENSIONS:
        op.execute(f"create extension if not exists {extension}")
    op.execute(UNACCENT)
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("totp_secret", sa.String(), nullable=False),
        sa.Column("totp_pending", sa.String(), nullable=False),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", sa.Integer(), nullable=True),
        sa.Column("totp_failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role in ('advisor', 'manager', 'merchandiser', 'admin')", name=op.f("ck_account_role")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_account_email")),
        sa.CheckConstraint("totp_failures >= 0", name=op.f("ck_account_totp_failures")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.JSONB(), nullable=False),
        sa.Column("store_ids", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_key_key_hash")),
    )
    op.create_table(
        "category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("slug_fr", sa.String(), nullable=False),
        sa.Column("slug_en", sa.String(), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("intro", postgresql.JSONB(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("scene", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["category.id"], name=op.f("fk_category_department_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["category.id"], name=op.f("fk_category_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint("code", name=op.f("uq_category_code")),
        sa.UniqueConstraint("slug_en", name=op.f("uq_category_slug_en")),
        sa.UniqueConstraint("slug_fr", name=op.f("uq_category_slug_fr")),
    )
    op.create_index(op.f("ix_category_department_id"), "category", ["department_id"], unique=False)
    op.create_index(op.f("ix_category_parent_id"), "category", ["parent_id"], unique=False)
    op.create_table(
        "demo_mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("links", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demo_mail")),
    )
    op.create_index("ix_demo_mail_at", "demo_mail", ["at"], unique=False)
    op.create_table(
        "link",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("mailed", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_link_token_hash")),
    )
    op.create_index("ix_link_subject", "link", ["subject", "subject_id"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("only_if", sa.String(), nullable=False),
        sa.Column("reminder", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint(
            "subject",
            "subject_id",
            "template",
            "version",
            "recipient",
            name=op.f("uq_message_subject_subject_id_template_version_recipient"),
        ),
    )
    op.create_index("ix_message_dead", "message", ["store_id"], unique=False, postgresql_where="state = 'dead'")
    op.create_index("ix_message_due", "message", ["due_at"], unique=False, postgresql_where="state = 'pending'")
    op.create_index("ix_message_lease", "message", ["lease_until"], unique=False, postgresql_where="state = 'sending'")
    op.create_table(
        "reconciliation",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
        sa.UniqueConstraint("day", name=op.f("uq_reconciliation_day")),
    )
    op.create_table(
        "store",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sms_name", sa.String(), nullable=False),
        sa.Column("store_group", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("staff_notify_url", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("hours", sa.String(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=True),
        sa.Column("closes_on", sa.Date(), nullable=True),
        sa.Column("answer_minutes", sa.Integer(), nullable=False),
        sa.Column("hold_days", sa.Integer(), nullable=False),
        sa.Column("ready_hours", sa.Integer(), nullable=False),
        sa.Column("safety", sa.Integer(), nullable=False),
        sa.Column("low_threshold", sa.Integer(), nullable=False),
        sa.Column("auto_confirm", sa.Boolean(), nullable=False),
        sa.Column("auto_confirm_limit_minor", sa.Integer(), nullable=False),
        sa.Column("stock_authority", sa.String(), nullable=False),
        sa.Column("entrance", postgresql.JSONB(), nullable=False),
        sa.Column("desk", postgresql.JSONB(), nullable=False),
        sa.Column("desk_sms", sa.String(), nullable=False),
        sa.Column("about", postgresql.JSONB(), nullable=False),
        sa.Column("directions", postgresql.JSONB(), nullable=False),
        sa.Column("floors", postgresql.JSONB(), nullable=False),
        sa.Column("services", postgresql.JSONB(), nullable=False),
        sa.Column("scene", sa.String(), nullable=False),
        sa.CheckConstraint("stock_authority in ('vitrine', 'feed')", name=op.f("ck_store_stock_authority")),
        sa.CheckConstraint("answer_minutes between 5 and 1440", name=op.f("ck_store_answer_minutes")),
        sa.CheckConstraint("hold_days between 1 and 7", name=op.f("ck_store_hold_days")),
        sa.CheckConstraint("ready_hours between 1 and 48", name=op.f("ck_store_ready_hours")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store")),
        sa.UniqueConstraint("slug", name=op.f("uq_store_slug")),
    )
    op.create_table(
        "submission",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("answer", postgresql.JSONB(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_submission")),
    )
    op.create_table(
        "town",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_town")),
    )
    op.create_index("ix_town_key_prefix", "town", ["key"], unique=False, postgresql_ops={"key": "text_pattern_ops"})
    op.create_table(
        "account_store",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_store_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_account_store_store_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "store_id", name=op.f("pk_account_store")),
    )
    op.create_index("ix_account_store_store", "account_store", ["store_id"], unique=False)
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_journal_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    op.create_index(op.f("ix_journal_store_id"), "journal", ["store_id"], unique=False)
    op.create_index("ix_journal_subject", "journal", ["subject", "subject_id", "id"], unique=False)
    op.create_table(
        "password_reset",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_password_reset_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_password_reset")),
    )
    op.create_index(op.f("ix_password_reset_account_id"), "password_reset", ["account_id"], unique=False)
    op.create_index(op.f("ix_password_reset_expires_at"), "password_reset", ["expires_at"], unique=False)
    op.create_table(
        "product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("slug_fr", sa.String(), nullable=False),
        sa.Column("slug_en", sa.String(), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("story", postgresql.JSONB(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("made_in", sa.String(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("by_appointment", sa.Boolean(), nullable=False),
        sa.Column("max_per_reservation", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "words_fr",
            postgresql.TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('french', vitrine_unaccent(coalesce(name->>'fr', name->>'fr', ''))), 'A') || setweight(to_tsvector('simple', vitrine_unaccent(brand)), 'B') || setweight(to_tsvector('french', vitrine_unaccent(coalesce(story->>'fr', story->>'fr', ''))), 'D')",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "words_en",
            postgresql.TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('english', vitrine_unaccent(coalesce(name->>'en', name->>'fr', ''))), 'A') || setweight(to_tsvector('simple', vitrine_unaccent(brand)), 'B') || setweight(to_tsvector('english', vitrine_unaccent(coalesce(story->>'en', story->>'fr', ''))), 'D')",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("state in ('draft', 'ready', 'published', 'withdrawn')", name=op.f("ck_product_state")),
        sa.CheckConstraint("max_per_reservation between 1 and 99", name=op.f("ck_product_max_per_reservation")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_product_category_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("ref", name=op.f("uq_product_ref")),
        sa.UniqueConstraint("slug_en", name=op.f("uq_product_slug_en")),
        sa.UniqueConstraint("slug_fr", name=op.f("uq_product_slug_fr")),
    )
    op.create_index(op.f("ix_product_category_id"), "product", ["category_id"], unique=False)
    op.create_index(
        "ix_product_shown",
        "product",
        ["category_id", "published_at", "id"],
        unique=False,
        postgresql_where="state = 'published'",
    )
    op.create_index("ix_product_words_en", "product", ["words_en"], unique=False, postgresql_using="gin")
    op.create_index("ix_product_words_fr", "product", ["words_fr"], unique=False, postgresql_using="gin")
    op.create_table(
        "recovery_code",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_recovery_code_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "reservation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verify_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("amber_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("manager_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("group_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unanswered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alarm", sa.String(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ready_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposal_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extended", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_by", sa.String(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("auto_confirmed", sa.Boolean(), nullable=False),
        sa.Column("broken_promise", sa.Boolean(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "erased_at is not null or email <> '' or phone <> ''", name=op.f("ck_reservation_reachable")
        ),
        sa.CheckConstraint(
            "status in ('unverified', 'requested', 'proposed', 'confirmed', 'ready', 'collected', 'declined', 'unanswered', 'cancelled', 'expired')",
            name=op.f("ck_reservation_status"),
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_reservation_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
        sa.UniqueConstraint("code", name=op.f("uq_reservation_code")),
    )
    op.create_index(
        "ix_reservation_answer_by",
        "reservation",
        ["answer_by"],
        unique=False,
        postgresql_where="status in ('requested')",
    )
    op.create_index("ix_reservation_email", "reservation", ["email"], unique=False, postgresql_where="email <> ''")
    op.create_index(
        "ix_reservation_ended", "reservation", ["ended_at"], unique=False, postgresql_where="erased_at is null"
    )
    op.create_index(
        "ix_reservation_hold_until",
        "reservation",
        ["hold_until"],
        unique=False,
        postgresql_where="status in ('confirmed', 'ready')",
    )
    op.create_index("ix_reservation_phone", "reservation", ["phone"], unique=False, postgresql_where="phone <> ''")
    op.create_index(
        "ix_reservation_proposal_until",
        "reservation",
        ["proposal_until"],
        unique=False,
        postgresql_where="status in ('proposed')",
    )
    op.create_index(
        "ix_reservation_ready_by", "reservation", ["ready_by"], unique=False, postgresql_where="status in ('confirmed')"
    )
    op.create_index("ix_reservation_store", "reservation", ["store_id", "status", "requested_at"], unique=False)
    op.create_index(
        "ix_reservation_verify_by",
        "reservation",
        ["verify_by"],
        unique=False,
        postgresql_where="status in ('unverified')",
    )
    op.create_table(
        "staff_session",
        sa.Column("id_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_staff_session_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_staff_session")),
    )
    op.create_index(op.f("ix_staff_session_account_id"), "staff_session", ["account_id"], unique=False)
    op.create_index(op.f("ix_staff_session_expires_at"), "staff_session", ["expires_at"], unique=False)
    op.create_table(
        "store_exception",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hours", sa.String(), nullable=False),
        sa.Column("reason", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["store.id"], name=op.f("fk_store_exception_store_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_exception")),
        sa.UniqueConstraint("store_id", "day", name=op.f("uq_store_exception_store_id_day")),
    )
    op.create_table(
        "variant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("gtin", sa.String(), nullable=True),
        sa.Column("options", postgresql.JSONB(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_variant_price")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_variant_product_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variant")),
        sa.UniqueConstraint("sku", name=op.f("uq_variant_sku")),
    )
    op.create_index(op.f("ix_variant_gtin"), "variant", ["gtin"], unique=False)
    op.create_index(op.f("ix_variant_product_id"), "variant", ["product_id"], unique=False)
    op.create_table(
        "picture",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=True),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("alt", postgresql.JSONB(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("credit", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_picture_product_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_picture_variant_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture")),
    )
    op.create_index(op.f("ix_picture_product_id"), "picture", ["product_id"], unique=False)
    op.create_table(
        "reservation_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=True),
        sa.Column("bought", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.CheckConstraint(
            "status in ('held', 'found', 'missing', 'substituted', 'set_aside', 'bought', 'not_bought', 'released')",
            name=op.f("ck_reservation_line_status"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_reservation_line_quantity")),
        sa.ForeignKeyConstraint(["replaces_id"], ["reservation_line.id"], name=op.f("fk_reservation_line_replaces_id")),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["reservation.id"], name=op.f("fk_reservation_line_reservation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_reservation_line_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation_line")),
    )
    op.create_index(op.f("ix_reservation_line_reservation_id"), "reservation_line", ["reservation_id"], unique=False)
    op.create_index(op.f("ix_reservation_line_variant_id"), "reservation_line", ["variant_id"], unique=False)
    op.create_table(
        "store_stock",
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=False),
        sa.Column("book", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("unsellable", sa.Integer(), nullable=False),
        sa.Column("safety", sa.Integer(), nullable=False),
        sa.Column(
            "available",
            sa.Integer(),
            sa.Computed("greatest(book, 0) - reserved - unsellable - safety", persisted=True),
            nullable=False,
        ),
        sa.Column("floor", sa.Integer(), nullable=True),
        sa.Column("shelf", sa.String(), nullable=False),
        sa.Column("fed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_found_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_store_stock_reserved")),
        sa.CheckConstraint("safety >= 0", name=op.f("ck_store_stock_safety")),
        sa.CheckConstraint("unsellable >= 0", name=op.f("ck_store_stock_unsellable")),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_store_stock_store_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_store_stock_variant_id")),
        sa.PrimaryKeyConstraint("store_id", "variant_id", name=op.f("pk_store_stock")),
    )
    op.create_index(
        "ix_store_stock_shortfall", "store_stock", ["store_id"], unique=False, postgresql_where="available < 0"
    )
    op.create_index("ix_store_stock_variant", "store_stock", ["variant_id", "store_id"], unique=False)
    op.create_table(
        "stock_movement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("book", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("unsellable", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_event_id", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "variant_id"],
            ["store_stock.store_id", "store_stock.variant_id"],
            name=op.f("fk_stock_movement_store_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movement")),
        sa.UniqueConstraint("source", "source_event_id", name=op.f("uq_stock_movement_source_source_event_id")),
    )
    op.create_index("ix_stock_movement_cell", "stock_movement", ["store_id", "variant_id", "id"], unique=False)
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reservation_id", sa.Integer(), nullable=True),
        sa.Column("line_id", sa.Integer(), nullable=True),
        sa.Column("variant_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["reservation_line.id"], name=op.f("fk_task_line_id")),
        sa.ForeignKeyConstraint(["reservation_id"], ["reservation.id"], name=op.f("fk_task_reservation_id")),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_task_store_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_task_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint(
            "store_id",
            "kind",
            "reservation_id",
            "line_id",
            "variant_id",
            "version",
            name=op.f("uq_task_store_id_kind_reservation_id_line_id_variant_id_version"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_task_open", "task", ["store_id", "kind", "due_at"], unique=False, postgresql_where="done_at is null"
    )

    execute_each(GUARD)
    op.execute(APPEND_ONLY)
    for table in KEPT_FOR_EVER:
        op.execute(
            f"create trigger append_only before update or delete or truncate on {table} "
            "for each statement execute function vitrine_append_only()"
        )


def downgrade() -> None:
    op.drop_index("ix_task_open", table_name="task", postgresql_where="done_at is null")
    op.drop_table("task")
    op.drop_index("ix_stock_movement_cell", table_name="stock_movement")
    op.drop_table("stock_movement")
    op.drop_index("ix_store_stock_variant", table_name="store_stock")
    op.drop_index("ix_store_stock_shortfall", table_name="store_stock", postgresql_where="available < 0")
    op.drop_table("store_stock")
    op.drop_index(op.f("ix_reservation_line_variant_id"), table_name="reservation_line")
    op.drop_index(op.f("ix_reservation_line_reservation_id"), table_name="reservation_line")
    op.drop_table("reservation_line")
    op.drop_index(op.f("ix_picture_product_id"), table_name="picture")
    op.drop_table("picture")
    op.drop_index(op.f("ix_variant_product_id"), table_name="variant")
    op.drop_index(op.f("ix_variant_gtin"), table_name="variant")
    op.drop_table("variant")
    op.drop_table("store_exception")
    op.drop_index(op.f("ix_staff_session_expires_at"), table_name="staff_session")
    op.drop_index(op.f("ix_staff_session_account_id"), table_name="staff_session")
    op.drop_table("staff_session")
    op.drop_index("ix_reservation_verify_by", table_name="reservation", postgresql_where="status in ('unverified')")
    op.drop_index("ix_reservation_store", table_name="reservation")
    op.drop_index("ix_reservation_ready_by", table_name="reservation", postgresql_where="status in ('confirmed')")
    op.drop_index("ix_reservation_proposal_until", table_name="reservation", postgresql_where="status in ('proposed')")
    op.drop_index("ix_reservation_phone", table_name="reservation", postgresql_where="phone <> ''")
    op.drop_index(
        "ix_reservation_hold_until", table_name="reservation", postgresql_where="status in ('confirmed', 'ready')"
    )
    op.drop_index("ix_reservation_ended", table_name="reservation", postgresql_where="erased_at is null")
    op.drop_index("ix_reservation_email", table_name="reservation", postgresql_where="email <> ''")
    op.drop_index("ix_reservation_answer_by", table_name="reservation", postgresql_where="status in ('requested')")
    op.drop_table("reservation")
    op.drop_table("recovery_code")
    op.drop_index("ix_product_words_fr", table_name="product", postgresql_using="gin")
    op.drop_index("ix_product_words_en", table_name="product", postgresql_using="gin")
    op.drop_index("ix_product_shown", table_name="product", postgresql_where="state = 'published'")
    op.drop_index(op.f("ix_product_category_id"), table_name="product")
    op.drop_table("product")
    op.drop_index(op.f("ix_password_reset_expires_at"), table_name="password_reset")
    op.drop_index(op.f("ix_password_reset_account_id"), table_name="password_reset")
    op.drop_table("password_reset")
    op.drop_index("ix_journal_subject", table_name="journal")
    op.drop_index(op.f("ix_journal_store_id"), table_name="journal")
    op.drop_table("journal")
    op.drop_index("ix_account_store_store", table_name="account_store")
    op.drop_table("account_store")
    op.drop_index("ix_town_key_prefix", table_name="town", postgresql_ops={"key": "text_pattern_ops"})
    op.drop_table("town")
    op.drop_table("submission")
    op.drop_table("store")
    op.drop_table("reconciliation")
    op.drop_index("ix_message_lease", table_name="message", postgresql_where="state = 'sending'")
    op.drop_index("ix_message_due", table_name="message", postgresql_where="state = 'pending'")
    op.drop_index("ix_message_dead", table_name="message", postgresql_where="state = 'dead'")
    op.drop_table("message")
    op.drop_index("ix_link_subject", table_name="link")
    op.drop_table("link")
    op.drop_index("ix_demo_mail_at", table_name="demo_mail")
    op.drop_table("demo_mail")
    op.drop_index(op.f("ix_category_parent_id"), table_name="category")
    op.drop_index(op.f("ix_category_department_id"), table_name="category")
    op.drop_table("category")
    op.drop_table("api_key")
    op.drop_table("account")
    for function in ("vitrine_guard_stock()", "vitrine_append_only()", "vitrine_unaccent(text)"):
        op.execute(f"drop function {function}")
