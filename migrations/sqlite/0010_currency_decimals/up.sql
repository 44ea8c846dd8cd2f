-- Version 0.1 read what was typed into a form or stood in a file with two decimals whatever the currency (ISO 4217 gives some none, some three
-- and two of them four). Programs sent minor units themselves, so what they sent stands.
UPDATE sale SET price_minor = (price_minor + 50) / 100
WHERE source IN ('desk', 'import')
  AND currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF');
UPDATE sale SET price_minor = price_minor * 10
WHERE source IN ('desk', 'import') AND currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND');
UPDATE sale SET price_minor = price_minor * 100
WHERE source IN ('desk', 'import') AND currency IN ('CLF', 'UYW');
