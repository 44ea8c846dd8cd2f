#!/usr/bin/env bash
# A per cent sign in a GS1 QR code: the label maker writes another lot, and a reader with the opposite fault hides it.
#
# Versions: bwip-js 4.11.4 (Barcode Writer in Pure PostScript for JavaScript), zxing-wasm 3.1.6 (ZXing-C++ with libzint as its writer),
# @zxing/library 0.21.3, @undecaf/zbar-wasm 0.11.0, @nuintun/qrcode 5.0.3, jsqr 1.4.0.
#
# The rule: ISO/IEC 18004:2015, 7.4.8 (FNC1 mode). In alphanumeric mode FNC1 between two elements is the character "%", and a per cent sign that is
# data is doubled. In byte mode FNC1 is the character GS (1D hexadecimal), and a per cent sign is a per cent sign. The lot (10) and the
# serial (21) may hold "%" by the GS1 General Specifications (character set 82): a lot named after its blend, "50%co", is a good one.
#
# What happens: the encoder chooses the mode of each stretch of the text, so small letters decide.
#   - bwip-js doubles the sign whichever mode it takes, and in byte mode the doubling is data: asked for lot "a%b" it makes a label of lot
#     "a%%b", which is what ZXing-C++, ZXing and ZBar read. "A%B" is right, and so is "50%" where digits run into it: within one serial one
#     sign is doubled and another is not.
#   - @nuintun/qrcode undoes the doubling in byte mode too. It reads bwip-js's wrong label as it was asked for, so that a test of the one with
#     the other passes; the right label, made by libzint, it reads as lot "a", a separator, and "b".
#   - jsqr does not know FNC1: separators in alphanumeric mode come out as "%", and doubled signs stay doubled.
#
# Why it matters here: one garment label, three lots, no error anywhere, and only for codes with small letters. A claim is filed under a lot
# that nobody made, and a recall of the true one misses the garment. Labels must be read back by more than one reader, not by the one that
# suits the writer; and an element string whose separators came in as "%" cannot be told from data, so it must not be taken apart by guessing.
#
# Fails when any of these reads otherwise.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd "$folder"

npm install --ignore-scripts --no-audit --no-fund --loglevel=error bwip-js@4.11.4 zxing-wasm@3.1.6 @zxing/library@0.21.3 \
    @undecaf/zbar-wasm@0.11.0 @nuintun/qrcode@5.0.3 jsqr@1.4.0 pngjs@7.0.0 >install.log 2>&1 || { cat install.log; exit 1; }

cat >look.mjs <<'JS'
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { prepareZXingModule, readBarcodes, writeBarcode } from "zxing-wasm/full";

const require = createRequire(import.meta.url);
const bwip = require("bwip-js");
const { PNG } = require("pngjs");
const zxing = require("@zxing/library");
const zbar = require("@undecaf/zbar-wasm");
const nuintun = require("@nuintun/qrcode");
const jsqr = require("jsqr");

const wasm = readFileSync("node_modules/zxing-wasm/dist/full/zxing_full.wasm");
prepareZXingModule({ overrides: { wasmBinary: wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.length) } });

// Pixels with a quiet zone round them.
function framed(width, height, black, scale) {
  const quiet = 4 * scale, w = width + 2 * quiet, h = height + 2 * quiet;
  const data = new Uint8ClampedArray(w * h * 4).fill(255);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (black(x, y)) {
    const place = ((y + quiet) * w + x + quiet) * 4;
    data[place] = data[place + 1] = data[place + 2] = 0;
  }
  return { data, width: w, height: h, colorSpace: "srgb" };
}

async function byBwip(text) {
  const png = PNG.sync.read(await bwip.toBuffer({ bcid: "gs1qrcode", text, scale: 3, backgroundcolor: "FFFFFF" }));
  return framed(png.width, png.height, (x, y) => png.data[(y * png.width + x) * 4] < 128, 6);
}

async function byZint(text) {
  const { error, symbol } = await writeBarcode(text, { format: "QRCode", options: "gs1" });
  if (error) throw new Error(error);
  return framed(symbol.width * 6, symbol.height * 6, (x, y) => symbol.data[Math.floor(y / 6) * symbol.width + Math.floor(x / 6)] === 0, 6);
}

const grey = (image) => Uint8ClampedArray.from({ length: image.width * image.height }, (_, i) => image.data[4 * i]);
const readers = {
  "zxing-c++": async (image) => (await readBarcodes(image, { formats: ["QRCode"], textMode: "Plain" }))[0].text,
  "zxing": (image) => new zxing.QRCodeReader().decode(new zxing.BinaryBitmap(
    new zxing.HybridBinarizer(new zxing.RGBLuminanceSource(grey(image), image.width, image.height)))).getText(),
  "zbar": async (image) => (await zbar.scanRGBABuffer(image.data.buffer, image.width, image.height))[0].decode(),
  "nuintun": (image) => {
    const bits = nuintun.binarize(nuintun.grayscale(image), image.width, image.height);
    return new nuintun.Decoder().decode(new nuintun.Detector().detect(bits).next().value.matrix).content;
  },
  "jsqr": (image) => jsqr(image.data, image.width, image.height).data,
};

const GTIN = "09521234543213";
// maker, lot, serial, then what zxing-c++, zxing and zbar read; what nuintun reads; what jsqr reads. "|" is the separator GS.
const cases = [
  [byBwip, "A%B", "SN7", "10A%B|21SN7", "10A%B|21SN7", "10A%%B%21SN7"],
  [byZint, "A%B", "SN7", "10A%B|21SN7", "10A%B|21SN7", "10A%%B%21SN7"],
  [byBwip, "a%b", "sn7", "10a%%b|21sn7", "10a%b|21sn7", "10a%%b|21sn7"],
  [byZint, "a%b", "sn7", "10a%b|21sn7", "10a|b|21sn7", "10a%b|21sn7"],
  [byBwip, "7", "50%co50%pl", "107|2150%co50%%pl", "107|2150%co50%pl", null],
];
let wrong = 0;
for (const [maker, lot, serial, conforming, ofNuintun, ofJsqr] of cases) {
  console.log(`${maker === byBwip ? "bwip-js" : "libzint"} was asked for (10)${lot}(21)${serial}`);
  const image = await maker(`(01)${GTIN}(10)${lot}(21)${serial}`);
  for (const [name, read] of Object.entries(readers)) {
    const got = (await read(image)).replaceAll("\u001d", "|").replace(`01${GTIN}`, "");
    const expected = name === "nuintun" ? ofNuintun : name === "jsqr" ? ofJsqr : conforming;
    const same = expected === null || got === expected;
    console.log(`  ${name.padEnd(10)} reads ${got}${same ? "" : `   CHANGED: it was ${expected}`}`);
    if (!same) wrong++;
  }
}
process.exit(wrong ? 1 : 0);
JS
node look.mjs
