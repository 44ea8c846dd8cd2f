DROP TABLE api_key;
DROP TABLE session;
DROP TABLE account_link;
DROP TABLE account;
