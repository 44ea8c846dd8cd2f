#!/usr/bin/env bash
# Compressed GS1 Digital Links: a serial of digits only comes back as the serial of another garment, and two toolkits read one link differently.
#
# Versions: digital-link.js 1.4.3 (npm), gs1-compression 0.1.3 (PyPI). Both follow the toolkit that GS1 published with the standard.
#
# The rule: the compression of GS1 Digital Link 1.1 is meant to be lossless; a compressed link names the same thing as the long one. A value of
# digits only is stored as its length and one binary number. The serial (21) is text by the GS1 General Specifications (X..20); the GS1 Tag
# Data Standard says under its table of serial number limitations that 34, 034 and 0034 are different serials.
#
# What happens:
#   - Both libraries write the length, and neither uses it when reading: 007 comes back as 7, and so does a lot (10).
#   - digital-link.js counts in floating point, when it writes and when it reads. Of a serial of 17 digits and more the last ones change:
#     12345678901234567 becomes ...568, and so does another garment's ...569. What gs1-compression wrote right, it reads wrong. isValid()
#     says that what comes back is a good link, and it is: another one.
#   - gs1-compression gives what is defined as a number of variable length in base 2. A price (3920) of 1999 comes back as 11111001111, a count
#     (30) of 12 as 1100: digits, so that no check of the syntax refuses them.
#   - One letter in the serial saves it, in both.
#
# Why it matters here: compression is offered for small labels, and sewn-in labels are small. Who uses it for garments whose serials are numbers
# prints labels that open another garment's warranty card; only a test with more than 15 digits or with a zero in front shows it. A serial
# should have a letter, links are best left long, and who reads short ones must pad to the stored length and count in whole numbers.
#
# Fails when any of these comes back otherwise.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd "$folder"

npm install --ignore-scripts --no-audit --no-fund --loglevel=error digital-link.js@1.4.3 >install.log 2>&1 || { cat install.log; exit 1; }
{ python3 -m venv venv && venv/bin/python -m pip install --quiet --disable-pip-version-check gs1-compression==0.1.3; } >install.log 2>&1 ||
    { cat install.log; exit 1; }

# One line for each link: what the library makes of it.
cat >js.cjs <<'JS'
const { DigitalLink, Utils } = require("digital-link.js");
const does = process.argv[2];
for (const link of process.argv.slice(3)) {
  if (does === "compress") console.log(Utils.compressWebUri(link, false));
  else {
    const read = Utils.decompressWebUri(link);
    console.log(`${read} ${DigitalLink(read).isValid() ? "valid" : "invalid"}`);
  }
}
JS
cat >py.py <<'PY'
import logging
import sys

logging.disable(logging.CRITICAL)
import gs1

for link in sys.argv[2:]:
    print(gs1.compress_gs1_digital_link(link, False, True) if sys.argv[1] == "compress" else gs1.decompress_gs1_digital_link(link, False))
PY
js() { node js.cjs "$@"; }
py() { venv/bin/python py.py "$@"; }

garment=https://id.example.cn/01/09521234543213
failed=0
expect() { # what it is, what was found, what it was
    if [ "$2" = "$3" ]; then printf '  %-46s %s\n' "$1" "$2"; else printf '  %-46s %s   CHANGED: it was %s\n' "$1" "$2" "$3"; failed=1; fi
}

serial() { # the serial, then what comes back: js of js, js of py, py of py
    echo "serial $1"
    local link=$garment/21/$1 by_js by_py
    by_js=$(js compress "$link")
    by_py=$(py compress "$link")
    expect "digital-link.js, read by itself" "$(js decompress "$by_js")" "$garment/21/$2 valid"
    expect "gs1-compression, read by digital-link.js" "$(js decompress "$by_py")" "$garment/21/$3 valid"
    expect "gs1-compression, read by itself" "$(py decompress "$by_py")" "$garment/21/$4"
}
serial 12345678901234A 12345678901234A 12345678901234A 12345678901234A
serial 123456789012345 123456789012345 123456789012345 123456789012345
serial 007 7 7 7
serial 12345678901234567 12345678901234568 12345678901234568 12345678901234567
serial 12345678901234569 12345678901234568 12345678901234568 12345678901234569

echo "lot 007"
expect "digital-link.js, read by itself" "$(js decompress "$(js compress "$garment/10/007")")" "$garment/10/7 valid"
expect "gs1-compression, read by itself" "$(py decompress "$(py compress "$garment/10/007")")" "$garment/10/7"

echo "price 1999, count 12"
expect "digital-link.js, read by itself" "$(js decompress "$(js compress "$garment/21/A1?3920=1999")")" "$garment/21/A1?3920=1999 valid"
expect "gs1-compression, read by itself" "$(py decompress "$(py compress "$garment/21/A1?3920=1999")")" "$garment/21/A1?3920=11111001111"
expect "gs1-compression, read by digital-link.js" "$(js decompress "$(py compress "$garment/21/A1?3920=1999")")" "$garment/21/A1?3920=1999 valid"
expect "gs1-compression, read by itself" "$(py decompress "$(py compress "$garment/21/A1?30=12")")" "$garment/21/A1?30=1100"
exit "$failed"
