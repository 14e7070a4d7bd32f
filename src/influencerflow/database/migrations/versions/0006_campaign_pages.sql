-- A campaign that was deleted can be brought back for a while.
ALTER TABLE campaigns ADD COLUMN IF NOT EXISTS deleted_at timestamptz;
CREATE INDEX campaigns_deleted_at_idx ON campaigns (deleted_at) WHERE deleted_at IS NOT NULL;
