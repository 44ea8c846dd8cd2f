# Labels and print jobs.
labels-title = Labels
labels-no-face = This machine has no Chinese font, so the Latin template is used. Install one (Debian: fonts-noto-cjk) for the Chinese template.
labels-left-out = Left out, because it does not fit the template: { $fields }.
labels-made-at = { $labels } labels, { $bytes } bytes, template { $template }: { $out }
labels-lint-bad = { $count } of the templates will not print or scan
