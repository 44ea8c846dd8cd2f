links-title = Links
links-about = Where scans lead beside the card: links of any GS1 type, for a style, sku, lot, batch or garment and everything below it.
links-none = No links have been attached yet.
links-new = Attach a link
links-search-hint = Title or address
links-remove = Remove
