// Cuts the fonts that Radzen.Blazor brings down to what the pages show, since a browser unpacks a whole font for each page:
//   node fonts.mjs FOLDER_OF_FONTS FOLDER_TO_WRITE
// roboto.woff2: Latin, Greek, punctuation and mathematics, in every weight. symbols.woff2: the icons that the sources name.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fontverter from 'fontverter';
import * as harfbuzz from 'harfbuzzjs';
import subset from 'subset-font';

const [from, to] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));

const characters = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i)).join('');

async function roboto() {
  const text = characters(0x20, 0x7e) + characters(0xa0, 0x17f) + characters(0x370, 0x3ff) + characters(0x2000, 0x20bf) + characters(0x2100, 0x22ff);
  // Every axis but the weight stands where it stands by default.
  const variationAxes = { opsz: 14, wdth: 100, slnt: 0, GRAD: 0, XTRA: 468, XOPQ: 96, YOPQ: 79, YTLC: 514, YTUC: 712, YTAS: 750, YTDE: -203, YTFI: 738 };
  return await subset(readFileSync(join(from, 'RobotoFlex.woff2')), text, { targetFormat: 'woff2', variationAxes });
}

// An icon is written as its name, and the font's ligature makes one glyph of it. Every quoted word of the sources that is such a name is kept.
async function symbols() {
  const file = readFileSync(join(from, 'MaterialSymbolsOutlined.woff2'));
  const face = new harfbuzz.Face(new harfbuzz.Blob(await fontverter.convert(file, 'sfnt'))), font = new harfbuzz.Font(face);
  const characterOf = new Map([...face.collectUnicodes()].filter(code => code > 0xff).map(code => [font.nominalGlyph(code), String.fromCodePoint(code)]));
  const icon = name => {
    const buffer = new harfbuzz.Buffer();
    buffer.addText(name);
    buffer.guessSegmentProperties();
    harfbuzz.shape(font, buffer);
    const glyphs = buffer.getGlyphInfos();
    return glyphs.length === 1 ? characterOf.get(glyphs[0].codepoint) : undefined;
  };

  const kept = new Set(), unknown = [];
  for (const path of readdirSync(here, { recursive: true }).filter(p => /\.(razor|cs|js)$/.test(p) && !/^(bin|obj|node_modules|wwwroot.lib)\b/.test(p))) {
    const source = readFileSync(join(here, path), 'utf8');
    for (const [, name] of source.matchAll(/["'>]([a-z][a-z0-9_]+)["'<]/g)) if (icon(name)) kept.add(icon(name));
    for (const [, name] of source.matchAll(/<Icon Name="([a-z0-9_]+)"/g)) if (!icon(name)) unknown.push(`${path}: ${name}`);
  }
  if (unknown.length) throw new Error(`no icon of Material Symbols: ${unknown.join(', ')}`);

  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789_';
  return await subset(file, letters + [...kept].join(''), { targetFormat: 'woff2', noLayoutClosure: true, variationAxes: { FILL: 0 } });
}

writeFileSync(join(to, 'roboto.woff2'), await roboto());
writeFileSync(join(to, 'symbols.woff2'), await symbols());
