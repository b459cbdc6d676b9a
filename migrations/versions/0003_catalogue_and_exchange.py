"""The merchandiser's room: attributes, images, collections, prices, old addresses, batches, deliveries, drafts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attribute",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", postgresql.JSONB(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("choices", postgresql.JSONB(), nullable=False),
        sa.Column("facet", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('text', 'number', 'choice', 'colour')", name=op.f("ck_attribute_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attribute")),
        sa.UniqueConstraint("code", name=op.f("uq_attribute_code")),
    )
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("dialect", postgresql.JSONB(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(), nullable=False),
        sa.Column("options", postgresql.JSONB(), nullable=False),
        sa.Column("store_ids", postgresql.JSONB(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.Integer(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("brake", postgresql.JSONB(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("error_params", postgresql.JSONB(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    op.create_index(
        "ix_batch_worked_on",
        "batch",
        ["state"],
        unique=False,
        postgresql_where="state in ('checking', 'applying', 'undoing')",
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("answer", postgresql.JSONB(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("source", "event_id", name=op.f("uq_delivery_source_event_id")),
    )
    op.create_table(
        "medium",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("alt", postgresql.JSONB(), nullable=False),
        sa.Column("decorative", sa.Boolean(), nullable=False),
        sa.Column("focal_x", sa.Integer(), nullable=False),
        sa.Column("focal_y", sa.Integer(), nullable=False),
        sa.Column("credit", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("focal_x between 0 and 100 and focal_y between 0 and 100", name=op.f("ck_medium_focal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medium")),
        sa.UniqueConstraint("digest", name=op.f("uq_medium_digest")),
        sa.UniqueConstraint("path", name=op.f("uq_medium_path")),
    )
    op.create_table(
        "old_slug",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_old_slug")),
    )
    op.create_index("uq_old_slug", "old_slug", ["kind", "language", "slug"], unique=True)
    op.create_table(
        "batch_part",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_part_batch_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_batch_part")),
    )
    op.create_table(
        "batch_row",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("problems", postgresql.JSONB(), nullable=False),
        sa.Column("raw", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_row_batch_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_row")),
    )
    op.create_index("ix_batch_row_action", "batch_row", ["batch_id", "action", "line"], unique=False)
    op.create_index("ix_batch_row_key", "batch_row", ["batch_id", "key"], unique=False)
    op.create_index("ix_batch_row_line", "batch_row", ["batch_id", "line"], unique=True)
    op.create_table(
        "collection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug_fr", sa.String(), nullable=False),
        sa.Column("slug_en", sa.String(), nullable=False),
        sa.Column("title", postgresql.JSONB(), nullable=False),
        sa.Column("intro", postgresql.JSONB(), nullable=False),
        sa.Column("medium_id", sa.Integer(), nullable=True),
        sa.Column("rule", postgresql.JSONB(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("on_home", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('draft', 'published')", name=op.f("ck_collection_state")),
        sa.ForeignKeyConstraint(["medium_id"], ["medium.id"], name=op.f("fk_collection_medium_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection")),
        sa.UniqueConstraint("slug_en", name=op.f("uq_collection_slug_en")),
        sa.UniqueConstraint("slug_fr", name=op.f("uq_collection_slug_fr")),
    )
    op.create_table(
        "draft",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("typed", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_draft_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "kind", "subject_id", name=op.f("pk_draft")),
    )
    op.create_table(
        "collection_item",
        sa.Column("collection_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name=op.f("fk_collection_item_collection_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_collection_item_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("collection_id", "product_id", name=op.f("pk_collection_item")),
    )
    op.create_index(op.f("ix_collection_item_product_id"), "collection_item", ["product_id"], unique=False)
    op.create_table(
        "price_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variant.id"], name=op.f("fk_price_change_variant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_change")),
    )
    op.create_index("ix_price_change_variant", "price_change", ["variant_id", "since", "id"], unique=False)
    # what is asked now is what the first reduction is measured by
    op.execute("insert into price_change (variant_id, price_minor, since) select id, price_minor, now() from variant")
    op.add_column("journal", sa.Column("origin", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_journal_at", "journal", ["at", "id"], unique=False)
    op.add_column("picture", sa.Column("medium_id", sa.Integer(), nullable=True))
    op.add_column("picture", sa.Column("focal_x", sa.Integer(), nullable=False, server_default="50"))
    op.add_column("picture", sa.Column("focal_y", sa.Integer(), nullable=False, server_default="50"))
    op.create_index(op.f("ix_picture_medium_id"), "picture", ["medium_id"], unique=False)
    op.create_foreign_key(op.f("fk_picture_medium_id"), "picture", "medium", ["medium_id"], ["id"])
    op.add_column("product", sa.Column("try_in_store", sa.Boolean(), nullable=False, server_default="false"))
    op.add_column("product", sa.Column("listed", sa.Boolean(), nullable=False, server_default="true"))
    op.add_column("product", sa.Column("care", postgresql.JSONB(), nullable=False, server_default="{}"))
    op.add_column("product", sa.Column("seo_title", postgresql.JSONB(), nullable=False, server_default="{}"))
    op.add_column("product", sa.Column("seo_description", postgresql.JSONB(), nullable=False, server_default="{}"))
    op.add_column("product", sa.Column("google_category", sa.String(), nullable=False, server_default=""))
    op.add_column("product", sa.Column("attributes", postgresql.JSONB(), nullable=False, server_default="{}"))
    op.add_column("product", sa.Column("drafts", postgresql.JSONB(), nullable=False, server_default="[]"))
    op.add_column("product", sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("product", sa.Column("unpublish_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_product_publish_at", "product", ["publish_at"], unique=False, postgresql_where="publish_at is not null"
    )
    op.create_index(
        "ix_product_unpublish_at",
        "product",
        ["unpublish_at"],
        unique=False,
        postgresql_where="unpublish_at is not null",
    )
    op.add_column("store", sa.Column("feed_minutes", sa.Integer(), nullable=False, server_default="1440"))
    op.add_column("store", sa.Column("acceptance", sa.Integer(), nullable=True))
    op.add_column("store_stock", sa.Column("on_show", sa.Boolean(), nullable=False, server_default="false"))
    op.add_column("store_stock", sa.Column("price_minor", sa.Integer(), nullable=True))
    op.drop_index("ix_stock_movement_cell", table_name="stock_movement")
    op.create_index("ix_stock_movement_cell", "stock_movement", ["store_id", "variant_id", "occurred_at"], unique=False)
    op.add_column("store_stock", sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("variant", sa.Column("was_minor", sa.Integer(), nullable=True))
    op.add_column("variant", sa.Column("lowest_minor", sa.Integer(), nullable=True))
    op.add_column("variant", sa.Column("weight_grams", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_variant_gtin"), "variant", "gtin ~ '^([0-9]{8}|[0-9]{12,14})$'")
    op.create_check_constraint(op.f("ck_store_feed_minutes"), "store", "feed_minutes between 5 and 43200")
    op.execute(
        """
        insert into medium
            (digest, path, kind, width, height, size, alt, decorative, focal_x, focal_y, credit, "by", created_at)
        select distinct on (path) encode(sha256(convert_to(path, 'UTF8')), 'hex'), path,
            case when path like '%.svg' then 'image/svg+xml' else 'image/webp' end,
            width, height, 0, alt, alt = '{}', 50, 50, credit, '', now()
        from picture order by path, id
        """
    )
    op.execute("update picture set medium_id = medium.id from medium where medium.path = picture.path")

    for language, dictionary in (("fr", "french"), ("en", "english")):
        op.add_column(
            "product",
            sa.Column(
                f"names_{language}",
                postgresql.TSVECTOR(),
                sa.Computed(
                    f"to_tsvector('{dictionary}', vitrine_unaccent(coalesce(name->>'{language}', name->>'fr', '')))"
                    " || to_tsvector('simple', vitrine_unaccent(brand))",
                    persisted=True,
                ),
                nullable=True,
            ),
        )
        op.create_index(f"ix_product_names_{language}", "product", [f"names_{language}"], postgresql_using="gin")
    op.create_index(
        "ix_product_newest", "product", ["published_at", "id"], postgresql_where=sa.text("state = 'published'")
    )
    op.create_table(
        "search_word",
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("language", "word", name=op.f("pk_search_word")),
    )
    op.create_index(
        "ix_search_word_alike",
        "search_word",
        ["word"],
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )


def downgrade() -> None:
    op.drop_table("search_word")
    op.drop_index("ix_product_newest", table_name="product")
    for language in ("fr", "en"):
        op.drop_column("product", f"names_{language}")
    op.drop_constraint(op.f("ck_store_feed_minutes"), "store", type_="check")
    op.drop_constraint(op.f("ck_variant_gtin"), "variant", type_="check")
    op.drop_column("variant", "weight_grams")
    op.drop_column("variant", "lowest_minor")
    op.drop_column("variant", "was_minor")
    op.drop_column("store_stock", "counted_at")
    op.drop_index("ix_stock_movement_cell", table_name="stock_movement")
    op.create_index("ix_stock_movement_cell", "stock_movement", ["store_id", "variant_id", "id"], unique=False)
    op.drop_column("store_stock", "price_minor")
    op.drop_column("store_stock", "on_show")
    op.drop_column("store", "acceptance")
    op.drop_column("store", "feed_minutes")
    op.drop_index("ix_product_unpublish_at", table_name="product", postgresql_where="unpublish_at is not null")
    op.drop_index("ix_product_publish_at", table_name="product", postgresql_where="publish_at is not null")
    op.drop_column("product", "unpublish_at")
    op.drop_column("product", "publish_at")
    op.drop_column("product", "drafts")
    op.drop_column("product", "attributes")
    op.drop_column("product", "google_category")
    op.drop_column("product", "seo_description")
    op.drop_column("product", "seo_title")
    op.drop_column("product", "care")
    op.drop_column("product", "listed")
    op.drop_column("product", "try_in_store")
    op.drop_constraint(op.f("fk_picture_medium_id"), "picture", type_="foreignkey")
    op.drop_index(op.f("ix_picture_medium_id"), table_name="picture")
    op.drop_column("picture", "focal_y")
    op.drop_column("picture", "focal_x")
    op.drop_column("picture", "medium_id")
    op.drop_index("ix_journal_at", table_name="journal")
    op.drop_column("journal", "origin")
    op.drop_index("ix_price_change_variant", table_name="price_change")
    op.drop_table("price_change")
    op.drop_index(op.f("ix_collection_item_product_id"), table_name="collection_item")
    op.drop_table("collection_item")
    op.drop_table("draft")
    op.drop_table("collection")
    op.drop_index("ix_batch_row_line", table_name="batch_row")
    op.drop_index("ix_batch_row_key", table_name="batch_row")
    op.drop_index("ix_batch_row_action", table_name="batch_row")
    op.drop_table("batch_row")
    op.drop_table("batch_part")
    op.drop_index("uq_old_slug", table_name="old_slug")
    op.drop_table("old_slug")
    op.drop_table("medium")
    op.drop_table("delivery")
    op.drop_index(
        "ix_batch_worked_on", table_name="batch", postgresql_where="state in ('checking', 'applying', 'undoing')"
    )
    op.drop_table("batch")
    op.drop_table("attribute")
