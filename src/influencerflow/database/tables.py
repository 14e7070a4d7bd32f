"""The tables, as SQLAlchemy sees them. The migrations define them; a test compares the two."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Float,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

creators = Table(
    "creators",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    Column("name", Text),
    Column("platform", Text),
    Column("channel_name", Text),
    Column("niche", Text),
    Column("about", Text),
    Column("followers_count", Text),
    Column("followers_count_numeric", BigInteger),
    Column("engagement_rate", Float),
    Column("avg_views", BigInteger),
    Column("collaboration_rate", Float),
    Column("country", Text),
    Column("language", Text),
    Column("profile_image", Text),
    Column("audience", JSONB(none_as_null=True)),
    Column("past_brands", ARRAY(Text)),
    Column("source", Text),
    Column("external_id", Text),
    Column("created_at", DateTime(timezone=True)),
    Column("updated_at", DateTime(timezone=True)),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    Column("brand_name", Text),
    Column("product_name", Text),
    Column("product_description", Text),
    Column("target_audience", Text),
    Column("key_use_cases", ARRAY(Text)),
    Column("campaign_goal", Text),
    Column("product_niche", Text),
    Column("total_budget", Float),
    Column("status", Text),
    Column("created_at", DateTime(timezone=True)),
    Column("updated_at", DateTime(timezone=True)),
    Column("deleted_at", DateTime(timezone=True)),
)

embedding_models = Table(
    "embedding_models",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("provider", Text),
    Column("name", Text),
    Column("dimensions", Integer),
    Column("text_version", Integer),
    Column("state", Text),
    Column("created_at", DateTime(timezone=True)),
    Column("activated_at", DateTime(timezone=True)),
)
