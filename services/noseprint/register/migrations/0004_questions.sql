-- When the owner of an unconfirmed dog's phone number was asked whether it is theirs. Asked apart from the
-- registration, whose time would tell otherwise that the number is known.
ALTER TABLE dogs ADD COLUMN asked_at timestamptz;
CREATE INDEX dogs_unasked ON dogs (registered_at) WHERE state = 'unconfirmed' AND asked_at IS NULL;
