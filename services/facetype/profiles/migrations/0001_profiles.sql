-- Profiles. Photo and cards lie in the object storage under share_id, which tells nothing of id.
CREATE TABLE profiles (
    id uuid PRIMARY KEY,
    share_id uuid NOT NULL UNIQUE,      -- of the public page, and of the upload of its objects
    token_hash bytea NOT NULL,          -- of whoever may read and delete it
    catalogue text NOT NULL,
    catalogue_version text NOT NULL,
    model_version text NOT NULL,
    type_id text NOT NULL,
    probabilities jsonb NOT NULL,       -- type → probability
    parts jsonb NOT NULL,               -- list of {part, box, type_id, probability}
    photo_key text NOT NULL UNIQUE,
    portrait_key text NOT NULL UNIQUE,
    landscape_key text NOT NULL UNIQUE,
    gallery text[] NOT NULL,            -- keys of the pictures that were chosen
    icon_url text NOT NULL,             -- empty: none
    language text NOT NULL,             -- of the cards
    consent boolean NOT NULL,           -- whether the call said that the person in the photo agrees
    key_id text NOT NULL,               -- key of the sealed columns
    birth_date_sealed bytea NOT NULL,
    mbti_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX profiles_expiry ON profiles (expires_at);
CREATE INDEX profiles_age ON profiles (created_at);
CREATE INDEX profiles_type ON profiles (catalogue, type_id);
CREATE INDEX profiles_key ON profiles (key_id);

-- Objects on their way into the object storage: a row is committed before the first object is uploaded, and goes in
-- the transaction that names the objects.
CREATE TABLE uploads (
    id uuid PRIMARY KEY,
    begun_at timestamptz NOT NULL DEFAULT now()
);

-- Answers that a repeated call gets again.
CREATE TABLE idempotency (
    id uuid PRIMARY KEY,
    profile_id uuid NOT NULL REFERENCES profiles ON DELETE CASCADE,
    request_hash bytea NOT NULL,
    key_id text NOT NULL,
    answer_sealed bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX idempotency_profile ON idempotency (profile_id);
CREATE INDEX idempotency_key ON idempotency (key_id);
CREATE INDEX idempotency_expiry ON idempotency (expires_at);
