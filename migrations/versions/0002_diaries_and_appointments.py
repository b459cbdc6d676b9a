"""Diaries and appointments: who can be booked, when they work, what was promised; selections, pairings, calendars."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "skill",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skill")),
        sa.UniqueConstraint("code", name=op.f("uq_skill_code")),
    )
    op.create_table(
        "resource",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('advisor', 'space')", name=op.f("ck_resource_kind")),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_resource_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource")),
    )
    op.create_index(op.f("ix_resource_store_id"), "resource", ["store_id"], unique=False)
    op.create_table(
        "selection",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("share_id", sa.BigInteger(), nullable=False),
        sa.Column("share_version", sa.Integer(), nullable=False),
        sa.Column("share_hash", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_selection_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_selection")),
        sa.UniqueConstraint("share_hash", name=op.f("uq_selection_share_hash")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_selection_token_hash")),
    )
    op.create_index(op.f("ix_selection_changed_at"), "selection", ["changed_at"], unique=False)
    op.create_table(
        "service",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("need", postgresql.JSONB(), nullable=False),
        sa.Column("about", postgresql.JSONB(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("duration", sa.Integer(), nullable=False),
        sa.Column("preparation", sa.Integer(), nullable=False),
        sa.Column("wrap_up", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("lead_minutes", sa.Integer(), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.Column("cancel_minutes", sa.Integer(), nullable=False),
        sa.Column("move_minutes", sa.Integer(), nullable=False),
        sa.Column("max_party", sa.Integer(), nullable=False),
        sa.Column("space_kind", sa.String(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("questions", postgresql.JSONB(), nullable=False),
        sa.Column("bring", postgresql.JSONB(), nullable=False),
        sa.Column("checklist", postgresql.JSONB(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("cancel_minutes >= 0 and move_minutes >= 0", name=op.f("ck_service_cut_offs")),
        sa.CheckConstraint("duration between 5 and 480 and duration % 5 = 0", name=op.f("ck_service_duration")),
        sa.CheckConstraint("horizon_days between 1 and 730", name=op.f("ck_service_horizon_days")),
        sa.CheckConstraint("lead_minutes >= 0", name=op.f("ck_service_lead_minutes")),
        sa.CheckConstraint("max_party between 1 and 20", name=op.f("ck_service_max_party")),
        sa.CheckConstraint(
            "preparation between 0 and 240 and preparation % 5 = 0", name=op.f("ck_service_preparation")
        ),
        sa.CheckConstraint("step between 5 and 480 and step % 5 = 0", name=op.f("ck_service_step")),
        sa.CheckConstraint("wrap_up between 0 and 240 and wrap_up % 5 = 0", name=op.f("ck_service_wrap_up")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_service_category_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
        sa.UniqueConstraint("slug", name=op.f("uq_service_slug")),
    )
    op.create_index(op.f("ix_service_category_id"), "service", ["category_id"], unique=False)
    op.create_table(
        "advisor",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", postgresql.JSONB(), nullable=False),
        sa.Column("bio", postgresql.JSONB(), nullable=False),
        sa.Column("photo", sa.String(), nullable=False),
        sa.Column("languages", postgresql.JSONB(), nullable=False),
        sa.Column("bookable", sa.Boolean(), nullable=False),
        sa.Column("daily_max", sa.Integer(), nullable=False),
        sa.CheckConstraint("daily_max between 0 and 50", name=op.f("ck_advisor_daily_max")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_advisor_account_id")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_advisor_category_id")),
        sa.ForeignKeyConstraint(["id"], ["resource.id"], name=op.f("fk_advisor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advisor")),
        sa.UniqueConstraint("slug", name=op.f("uq_advisor_slug")),
    )
    op.create_index(op.f("ix_advisor_account_id"), "advisor", ["account_id"], unique=False)
    op.create_table(
        "block",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("resource_id"), "="), (sa.column("during"), "&&"), using="gist", name="ex_block_never_twice"
        ),
        sa.CheckConstraint("kind in ('appointment', 'hold', 'session')", name=op.f("ck_block_kind")),
        sa.CheckConstraint("not isempty(during)", name=op.f("ck_block_during")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_block_resource_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block")),
    )
    op.create_index("ix_block_owner", "block", ["kind", "owner_id"], unique=False)
    op.create_table(
        "pairing",
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("reason", postgresql.JSONB(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("product_id <> other_id", name=op.f("ck_pairing_two")),
        sa.ForeignKeyConstraint(["other_id"], ["product.id"], name=op.f("fk_pairing_other_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_pairing_product_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("product_id", "other_id", name=op.f("pk_pairing")),
    )
    op.create_index(op.f("ix_pairing_other_id"), "pairing", ["other_id"], unique=False)
    op.create_table(
        "service_skill",
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("skill_id", sa.Integer(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_service_skill_service_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["skill_id"], ["skill.id"], name=op.f("fk_service_skill_skill_id")),
        sa.PrimaryKeyConstraint("service_id", "skill_id", name=op.f("pk_service_skill")),
    )
    op.create_table(
        "service_store",
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("meeting_point", postgresql.JSONB(), nullable=False),
        sa.Column("meeting_sms", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_service_store_service_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_service_store_store_id")),
        sa.PrimaryKeyConstraint("service_id", "store_id", name=op.f("pk_service_store")),
    )
    op.create_table(
        "slot_hold",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("browser", sa.LargeBinary(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("advisor_id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("requested", sa.Boolean(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_slot_hold_service_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_slot_hold_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_hold")),
        sa.UniqueConstraint("browser", name=op.f("uq_slot_hold_browser")),
    )
    op.create_index(op.f("ix_slot_hold_expires_at"), "slot_hold", ["expires_at"], unique=False)
    op.create_table(
        "space",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", postgresql.JSONB(), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=True),
        sa.Column("way", postgresql.JSONB(), nullable=False),
        sa.Column("step_free", sa.Boolean(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("capacity between 1 and 99", name=op.f("ck_space_capacity")),
        sa.ForeignKeyConstraint(["id"], ["resource.id"], name=op.f("fk_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_space")),
    )
    op.create_table(
        "advisor_skill",
        sa.Column("advisor_id", sa.Integer(), nullable=False),
        sa.Column("skill_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_advisor_skill_days")),
        sa.ForeignKeyConstraint(
            ["advisor_id"], ["advisor.id"], name=op.f("fk_advisor_skill_advisor_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["skill_id"], ["skill.id"], name=op.f("fk_advisor_skill_skill_id")),
        sa.PrimaryKeyConstraint("advisor_id", "skill_id", name=op.f("pk_advisor_skill")),
    )
    op.create_index("ix_advisor_skill_skill", "advisor_skill", ["skill_id"], unique=False)
    op.create_table(
        "appointment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("advisor_id", sa.Integer(), nullable=True),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("preparation", sa.Integer(), nullable=False),
        sa.Column("wrap_up", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("access", sa.String(), nullable=False),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("party", sa.Integer(), nullable=False),
        sa.Column("requested", sa.Boolean(), nullable=False),
        sa.Column("remind_soon", sa.Boolean(), nullable=False),
        sa.Column("history", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("override", sa.String(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("prepared_by", sa.String(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forgiven_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("outcome_reason", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "erased_at is not null or email <> '' or phone <> '' or origin = 'walk_in'",
            name=op.f("ck_appointment_reachable"),
        ),
        sa.CheckConstraint(
            "outcome in ('bought', 'reserved', 'thinking', 'nothing', '')", name=op.f("ck_appointment_outcome")
        ),
        sa.CheckConstraint(
            "status in ('requested', 'confirmed', 'arrived', 'in_progress', 'completed', 'declined', 'cancelled', 'no_show')",
            name=op.f("ck_appointment_status"),
        ),
        sa.CheckConstraint("party between 1 and 20", name=op.f("ck_appointment_party")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_appointment_span")),
        sa.ForeignKeyConstraint(["advisor_id"], ["advisor.id"], name=op.f("fk_appointment_advisor_id")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_appointment_service_id")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_appointment_space_id")),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_appointment_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
        sa.UniqueConstraint("code", name=op.f("uq_appointment_code")),
    )
    op.create_index("ix_appointment_advisor", "appointment", ["advisor_id", "starts_at"], unique=False)
    op.create_index("ix_appointment_email", "appointment", ["email"], unique=False, postgresql_where="email <> ''")
    op.create_index(
        "ix_appointment_ended", "appointment", ["ended_at"], unique=False, postgresql_where="erased_at is null"
    )
    op.create_index(
        "ix_appointment_open", "appointment", ["ends_at"], unique=False, postgresql_where="ended_at is null"
    )
    op.create_index("ix_appointment_phone", "appointment", ["phone"], unique=False, postgresql_where="phone <> ''")
    op.create_index(op.f("ix_appointment_service_id"), "appointment", ["service_id"], unique=False)
    op.create_index(op.f("ix_appointment_space_id"), "appointment", ["space_id"], unique=False)
    op.create_index("ix_appointment_store", "appointment", ["store_id", "starts_at"], unique=False)
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("advisor_id", sa.Integer(), nullable=True),
        sa.Column("store_id", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("num_nonnulls(advisor_id, store_id) = 1", name=op.f("ck_calendar_feed_whose")),
        sa.ForeignKeyConstraint(
            ["advisor_id"], ["advisor.id"], name=op.f("fk_calendar_feed_advisor_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_calendar_feed_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )
    op.create_index(op.f("ix_calendar_feed_advisor_id"), "calendar_feed", ["advisor_id"], unique=False)
    op.create_index(op.f("ix_calendar_feed_store_id"), "calendar_feed", ["store_id"], unique=False)
    op.create_table(
        "selection_item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("selection_id", sa.BigInteger(), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity between 1 and 99", name=op.f("ck_selection_item_quantity")),
        sa.ForeignKeyConstraint(
            ["selection_id"], ["selection.id"], name=op.f("fk_selection_item_selection_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variant.id"], name=op.f("fk_selection_item_variant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("selection_id", "variant_id", name=op.f("pk_selection_item")),
    )
    op.create_table(
        "shift_pattern",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("advisor_id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("begins", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "begins between 0 and 1439 and ends > begins and ends <= 2880", name=op.f("ck_shift_pattern_minutes")
        ),
        sa.CheckConstraint("weekday between 0 and 6", name=op.f("ck_shift_pattern_weekday")),
        sa.ForeignKeyConstraint(
            ["advisor_id"], ["advisor.id"], name=op.f("fk_shift_pattern_advisor_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_shift_pattern_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_pattern")),
    )
    op.create_index("ix_shift_pattern_advisor", "shift_pattern", ["advisor_id"], unique=False)
    op.create_table(
        "time_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("advisor_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('leave', 'ill', 'training', 'other')", name=op.f("ck_time_off_kind")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_time_off_span")),
        sa.ForeignKeyConstraint(
            ["advisor_id"], ["advisor.id"], name=op.f("fk_time_off_advisor_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_off")),
    )
    op.create_index("ix_time_off_advisor", "time_off", ["advisor_id", "ends_at"], unique=False)
    op.create_table(
        "appointment_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("words", postgresql.JSONB(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_appointment_check_appointment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_check")),
    )
    op.create_index(op.f("ix_appointment_check_appointment_id"), "appointment_check", ["appointment_id"], unique=False)
    op.create_table(
        "appointment_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("why", postgresql.JSONB(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state in ('suggested', 'to_fetch', 'ready', 'missing', 'shown', 'liked', 'refused', 'dropped')",
            name=op.f("ck_appointment_item_state"),
        ),
        sa.CheckConstraint("quantity > 0 and held between 0 and quantity", name=op.f("ck_appointment_item_quantity")),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_appointment_item_appointment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_appointment_item_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_item")),
    )
    op.create_index("ix_appointment_item_appointment", "appointment_item", ["appointment_id"], unique=False)
    op.create_index("ix_appointment_item_variant", "appointment_item", ["variant_id"], unique=False)
    op.create_table(
        "appointment_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_appointment_note_account_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_appointment_note_appointment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_note")),
    )
    op.create_index(op.f("ix_appointment_note_appointment_id"), "appointment_note", ["appointment_id"], unique=False)
    op.create_table(
        "shift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("advisor_id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pattern_id", sa.Integer(), nullable=True),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_shift_span")),
        sa.ForeignKeyConstraint(["advisor_id"], ["advisor.id"], name=op.f("fk_shift_advisor_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["pattern_id"], ["shift_pattern.id"], name=op.f("fk_shift_pattern_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_shift_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
        sa.UniqueConstraint("pattern_id", "day", name=op.f("uq_shift_pattern_id_day")),
    )
    op.create_index("ix_shift_advisor", "shift", ["advisor_id", "starts_at"], unique=False)
    op.create_index("ix_shift_store", "shift", ["store_id", "starts_at"], unique=False)
    op.add_column("task", sa.Column("appointment_id", sa.Integer(), nullable=True))
    op.add_column("task", sa.Column("note", sa.String(), nullable=False, server_default=""))
    op.alter_column("task", "note", server_default=None)
    op.drop_constraint(op.f("uq_task_store_id_kind_reservation_id_line_id_variant_id_version"), "task", type_="unique")
    op.create_unique_constraint(
        "uq_task_cause",
        "task",
        ["store_id", "kind", "reservation_id", "line_id", "variant_id", "appointment_id", "version"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_foreign_key(op.f("fk_task_appointment_id"), "task", "appointment", ["appointment_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint(op.f("fk_task_appointment_id"), "task", type_="foreignkey")
    op.drop_constraint("uq_task_cause", "task", type_="unique")
    op.create_unique_constraint(
        op.f("uq_task_store_id_kind_reservation_id_line_id_variant_id_version"),
        "task",
        ["store_id", "kind", "reservation_id", "line_id", "variant_id", "version"],
        postgresql_nulls_not_distinct=True,
    )
    op.drop_column("task", "note")
    op.drop_column("task", "appointment_id")
    op.drop_index("ix_shift_store", table_name="shift")
    op.drop_index("ix_shift_advisor", table_name="shift")
    op.drop_table("shift")
    op.drop_index(op.f("ix_appointment_note_appointment_id"), table_name="appointment_note")
    op.drop_table("appointment_note")
    op.drop_index("ix_appointment_item_variant", table_name="appointment_item")
    op.drop_index("ix_appointment_item_appointment", table_name="appointment_item")
    op.drop_table("appointment_item")
    op.drop_index(op.f("ix_appointment_check_appointment_id"), table_name="appointment_check")
    op.drop_table("appointment_check")
    op.drop_index("ix_time_off_advisor", table_name="time_off")
    op.drop_table("time_off")
    op.drop_index("ix_shift_pattern_advisor", table_name="shift_pattern")
    op.drop_table("shift_pattern")
    op.drop_table("selection_item")
    op.drop_index(op.f("ix_calendar_feed_store_id"), table_name="calendar_feed")
    op.drop_index(op.f("ix_calendar_feed_advisor_id"), table_name="calendar_feed")
    op.drop_table("calendar_feed")
    op.drop_index("ix_appointment_store", table_name="appointment")
    op.drop_index(op.f("ix_appointment_space_id"), table_name="appointment")
    op.drop_index(op.f("ix_appointment_service_id"), table_name="appointment")
    op.drop_index("ix_appointment_phone", table_name="appointment", postgresql_where="phone <> ''")
    op.drop_index("ix_appointment_open", table_name="appointment", postgresql_where="ended_at is null")
    op.drop_index("ix_appointment_ended", table_name="appointment", postgresql_where="erased_at is null")
    op.drop_index("ix_appointment_email", table_name="appointment", postgresql_where="email <> ''")
    op.drop_index("ix_appointment_advisor", table_name="appointment")
    op.drop_table("appointment")
    op.drop_index("ix_advisor_skill_skill", table_name="advisor_skill")
    op.drop_table("advisor_skill")
    op.drop_table("space")
    op.drop_index(op.f("ix_slot_hold_expires_at"), table_name="slot_hold")
    op.drop_table("slot_hold")
    op.drop_table("service_store")
    op.drop_table("service_skill")
    op.drop_index(op.f("ix_pairing_other_id"), table_name="pairing")
    op.drop_table("pairing")
    op.drop_index("ix_block_owner", table_name="block")
    op.drop_table("block")
    op.drop_index(op.f("ix_advisor_account_id"), table_name="advisor")
    op.drop_table("advisor")
    op.drop_index(op.f("ix_service_category_id"), table_name="service")
    op.drop_table("service")
    op.drop_index(op.f("ix_selection_changed_at"), table_name="selection")
    op.drop_table("selection")
    op.drop_index(op.f("ix_resource_store_id"), table_name="resource")
    op.drop_table("resource")
    op.drop_table("skill")
