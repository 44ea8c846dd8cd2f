UPDATE sale SET price_minor = price_minor * 100
WHERE source IN ('desk', 'import')
  AND currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF');
UPDATE sale SET price_minor = price_minor / 10
WHERE source IN ('desk', 'import') AND currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND');
UPDATE sale SET price_minor = price_minor / 100
WHERE source IN ('desk', 'import') AND currency IN ('CLF', 'UYW');
