-- People who sign in, and programs that do.

CREATE TABLE account (
    id BIGINT PRIMARY KEY NOT NULL,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT,
    roles TEXT NOT NULL,
    party_id BIGINT,
    lang TEXT NOT NULL CHECK (lang IN ('zh-CN', 'en')),
    status TEXT NOT NULL CHECK (status IN ('active', 'disabled')),
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);

-- One-time links: first set-up, invitation, forgotten password. Only the hash is kept.
CREATE TABLE account_link (
    hash TEXT NOT NULL PRIMARY KEY,
    account_id BIGINT REFERENCES account (id),
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);

CREATE TABLE session (
    hash TEXT NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    created_at TIMESTAMP NOT NULL,
    seen_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX session_account ON session (account_id);

CREATE TABLE api_key (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    roles TEXT NOT NULL,
    party_id BIGINT,
    created_by BIGINT NOT NULL REFERENCES account (id),
    created_at TIMESTAMP NOT NULL,
    revoked_at TIMESTAMP,
    used_at TIMESTAMP
);
