-- Evidence that somebody said, beside what is stored: it holds for the next version of the verdict as well, unless it is withdrawn. A list in JSON.
ALTER TABLE verdict ADD COLUMN said TEXT NOT NULL DEFAULT '[]';
