# Corrective and preventive measures.
measures-title = Measures
measures-about = What is changed so that a defect does not come back, who sees to it by when, and whether it helped.
measures-none = No measure yet. One begins with a finding, a verdict, a recall or a signal.
measures-new = Begin a measure
measures-edit = Change
measures-search-hint = Code or title
measures-plan = Plan it
measures-plan-about = Why it happened, five times asked, and what is to change. Numbers of an earlier check stay in the history.
measures-implement = It is changed
measures-implement-about = As many days before the change and after it are compared.
measures-check = Check whether it helped
measures-check-about = By somebody else than its owner. The numbers are counted up to today: garments first sold in as many days before and after, each with the claims of the defect that were confirmed within the same days.
measures-close = Close it
measures-effect = Effect
measures-origin = What it comes of
measures-before = Claims before
measures-after = Claims after
