-- Tokens, calls that may be repeated, lookups, messages to owners.

-- Lets its holder read, change and delete one dog.
CREATE TABLE owner_tokens (
    token_hash bytea PRIMARY KEY,
    dog_id uuid NOT NULL REFERENCES dogs ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX owner_tokens_dog ON owner_tokens (dog_id);

-- What the confirmed owner of a phone number was sent, so that a dog can be joined to them.
CREATE TABLE confirmation_codes (
    dog_id uuid PRIMARY KEY REFERENCES dogs ON DELETE CASCADE,
    owner_id uuid NOT NULL REFERENCES owners ON DELETE CASCADE,
    code_hash bytea NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL
);
CREATE INDEX confirmation_codes_owner ON confirmation_codes (owner_id);

-- Answers that a repeated call gets again.
CREATE TABLE idempotency (
    id uuid PRIMARY KEY,
    dog_id uuid NOT NULL REFERENCES dogs ON DELETE CASCADE,
    request_hash bytea NOT NULL,
    key_id text NOT NULL,
    answer_sealed bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX idempotency_dog ON idempotency (dog_id);
CREATE INDEX idempotency_key ON idempotency (key_id);
CREATE INDEX idempotency_expiry ON idempotency (expires_at);

-- Kept for a short time, so that the evidence can be drawn. A lookup that matched nothing keeps no nose.
CREATE TABLE lookups (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('identify', 'verify')),
    dog_id uuid REFERENCES dogs ON DELETE CASCADE,
    print_id uuid REFERENCES prints ON DELETE CASCADE,
    nose bytea,                    -- the aligned nose that was looked up: PNG, grey
    probability real NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX lookups_dog ON lookups (dog_id);
CREATE INDEX lookups_print ON lookups (print_id);
CREATE INDEX lookups_expiry ON lookups (expires_at);

-- Lets a finder send one message to the owner of one dog.
CREATE TABLE contact_tokens (
    token_hash bytea PRIMARY KEY,
    dog_id uuid NOT NULL REFERENCES dogs ON DELETE CASCADE,
    lookup_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX contact_tokens_dog ON contact_tokens (dog_id);
CREATE INDEX contact_tokens_expiry ON contact_tokens (expires_at);

-- Messages to owners, encrypted. Delivered by SMTP when there is a server and the owner has an address.
CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('found_report', 'confirmation')),
    dog_id uuid NOT NULL REFERENCES dogs ON DELETE CASCADE,
    owner_id uuid NOT NULL REFERENCES owners ON DELETE CASCADE,
    key_id text NOT NULL,
    body_sealed bytea NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    last_error text,               -- kind of error, never its text: that may name the address
    created_at timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz
);
CREATE INDEX outbox_waiting ON outbox (next_attempt_at) WHERE state = 'waiting';
CREATE INDEX outbox_dog ON outbox (dog_id);
CREATE INDEX outbox_owner ON outbox (owner_id);
CREATE INDEX outbox_key ON outbox (key_id);
