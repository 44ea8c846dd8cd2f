#!/usr/bin/env bash
# RFID tags of garments with serials of twenty characters: pyepc writes the last one so that four serials in a row become one tag.
#
# Versions: pyepc 0.5.0 and epcpy 0.1.8 (PyPI), epc-tds 1.4.1 (npm).
#
# The rule: GS1 EPC Tag Data Standard, SGTIN-198 and its string encoding. Up to twenty characters of the serial (21) take 7 bits each in 140 bits;
# all in all there are 198 bits, and what a word of memory has beyond them is zeros at the end. SGTIN-96 is only for numbers without zeros in
# front; 007 needs SGTIN-198.
#
# What happens:
#   - 198 is no multiple of four. pyepc writes the last two bits as a hexadecimal digit of their own value, as though the missing zeros came before
#     them. Who then reads 198 bits, epcpy, epc-tds or pyepc itself, finds nought there: of every four characters that follow one another
#     all become the first, H, I, J and K are read as H. Where no serial may have that one (A becomes @), epcpy refuses the tag. Shorter
#     serials end in zeros anyway and are right, and so is each whose last character is the first of its four: the letters A to T, twenty digits
#     that end in 0, 4 or 8. epcpy and epc-tds write the same right tag, and pyepc reads it right.
#   - Left to choose, pyepc takes SGTIN-96 for every serial of digits: the tag of serial 007 is the tag of serial 7. It has a check for this and
#     does not call it.
#
# Why it matters here: the QR codes of two garments say ...HJ and ...HK, and both tags say ...HH: counted as one garment, or as a third. Our
# serials have exactly twenty characters; the last is a check character, so that here such a reading is refused, and must be. A writer of
# tags is to be tried with serials of full length and all last characters, read back by another library.
#
# Fails when any of this reads otherwise.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd "$folder"

npm install --ignore-scripts --no-audit --no-fund --loglevel=error epc-tds@1.4.1 >install.log 2>&1 || { cat install.log; exit 1; }
{ python3 -m venv venv && venv/bin/python -m pip install --quiet --disable-pip-version-check pyepc==0.5.0 epcpy==0.1.8; } >install.log 2>&1 ||
    { cat install.log; exit 1; }

cat >read.cjs <<'JS'
const tds = require("epc-tds");
for (const tag of process.argv.slice(2)) console.log(tds.valueOf(tag).getSerial());
JS
cat >write.cjs <<'JS'
const tds = require("epc-tds");
const uri = (serial) => `urn:epc:tag:sgtin-198:1.9521234.054321.${serial}`;
for (const serial of process.argv.slice(2)) console.log(tds.fromTagURI(uri(serial)).toHexString().toUpperCase());
JS
cat >look.py <<'PY'
import subprocess
import sys

import pyepc
from epcpy.epc_schemes.sgtin import SGTIN, SGTINFilterValue

serials = [f"7K2M4P9QX3VDN8WCR5{end}" for end in ("HH", "HI", "HJ", "HK", "HL", "J")]
failed = False


def node(script, values):
    return subprocess.run(["node", script, *values], check=True, capture_output=True, text=True).stdout.split("\n")[:-1]


def expect(what, found, was):
    global failed
    failed |= found != was
    print(f"  {what:<34} {found}" + ("" if found == was else f"   CHANGED: it was {was}"))


def by_epcpy(serial):
    sgtin = SGTIN(f"urn:epc:id:sgtin:9521234.054321.{serial}")
    return sgtin.hex(binary_coding_scheme=SGTIN.BinaryCodingScheme.SGTIN_198, filter_value=SGTINFilterValue.POS_ITEM)


def of_epcpy(tag):
    try:
        return SGTIN.from_hex(tag).epc_uri.split(".")[-1]
    except Exception:
        return "refused"


def of_pyepc(tag):
    return pyepc.decode(tag).pure_identity_uri.split(".")[-1]


def by_pyepc(serial, *scheme):
    return pyepc.SGTIN("9521234", "0", "54321", serial).encode(*scheme)


LONG = pyepc.SGTIN.BinarySchemes.SGTIN_198
tags = [by_pyepc(serial, LONG) for serial in serials]
right = [by_epcpy(serial) for serial in serials]
js_right = node("write.cjs", serials)
js_read = node("read.cjs", tags)
js_read_right = node("read.cjs", right)
for serial, tag, good, js_good, js, js_of_good in zip(serials, tags, right, js_right, js_read, js_read_right, strict=True):
    was = serial[:-1] + "H" if len(serial) == 20 and serial[-1] in "HIJK" else serial
    print(f"serial {serial}: pyepc writes ...{tag[-6:]}, epcpy ...{good[-8:]}, epc-tds ...{js_good[-6:]}")
    expect("pyepc's tag, read by pyepc", of_pyepc(tag), was)
    expect("pyepc's tag, read by epcpy", of_epcpy(tag), was)
    expect("pyepc's tag, read by epc-tds", js, was)
    expect("epcpy's tag, read by pyepc", of_pyepc(good), serial)
    expect("epcpy's tag, read by epc-tds", js_of_good, serial)
    failed |= good.rstrip("0") != js_good.rstrip("0")

print("serial of twenty A")
expect("pyepc's tag, read by pyepc", of_pyepc(by_pyepc("A" * 20, LONG)), "A" * 19 + "@")
expect("pyepc's tag, read by epcpy", of_epcpy(by_pyepc("A" * 20, LONG)), "refused")

print("serial 007, the scheme left to pyepc")
expect("the same tag as that of 7", str(by_pyepc("007") == by_pyepc("7")), "True")
expect("read by epcpy", of_epcpy(by_pyepc("007")), "7")
expect("read by epc-tds", node("read.cjs", [by_pyepc("007")])[0], "7")
sys.exit(1 if failed else 0)
PY
venv/bin/python look.py
