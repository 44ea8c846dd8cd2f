# Reasons of after-sales requests.
reasons-title = Reasons
reasons-about = What buyers choose from when they ask for help, in their own words.
reasons-none = No reason yet.
reasons-new = Add a reason
reasons-edit = Change the reason
reasons-search-hint = Code or words
