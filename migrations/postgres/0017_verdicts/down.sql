DROP TABLE statement_line;
DROP TABLE statement;
DROP TABLE verdict_reply;
DROP TABLE verdict_share;
DROP TABLE verdict;
DROP TABLE liability_rules;
