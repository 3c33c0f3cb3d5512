// Pictures that the tests make: text in any size, colour and direction, scenes, and files that are not what they seem. None is kept.
import sharp from 'sharp';

export interface Lettering {
  readonly lines: readonly string[];
  readonly width?: number;
  readonly height?: number;
  readonly ground?: string;
  readonly ink?: string;
  readonly size?: number;
  /** Degrees, to the right. */
  readonly turn?: number;
}

/** A PNG with letters on it. */
export function lettering({
  lines,
  width = 900,
  height = 400,
  ground = '#ffffff',
  ink = '#000000',
  size = 28,
  turn = 0,
}: Lettering): Promise<Buffer> {
  const rows = lines.map((line, at) => `<text x="40" y="${60 + at * size * 1.6}">${escaped(line)}</text>`).join('');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${ground}"/><g fill="${ink}" font-size="${size}" font-family="DejaVu Sans, Liberation Sans, sans-serif">${rows}</g></svg>`;
  const drawn = sharp(Buffer.from(svg));
  return (turn === 0 ? drawn : drawn.rotate(turn, { background: ground })).png().toBuffer();
}

const escaped = (text: string): string => text.replace(/[<>&]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** One grey PNG, as small as a picture can be and still be looked at. */
export const plainPng = (width = 64, height = 64): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#c0c8d0' } })
    .png()
    .toBuffer();

export const dataUrl = (bytes: Uint8Array, type = 'image/png'): string => `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;

/** A number from 0 to 1 for each call, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** An innocent picture of one of six kinds: hills, things on a table, a chart, a page of text, a wall of bricks, a pattern. */
export async function scene(seed: number, side = 224): Promise<Buffer> {
  const chance = seeded(seed);
  const draw = SCENES[seed % SCENES.length] ?? hills;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 224 224" width="${side}" height="${side}">${draw(chance)}</svg>`;
  const { data, info } = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  // Cameras have grain.
  const grain = chance() * 10;
  const grainy = data.map((value) => Math.min(255, Math.max(0, Math.round(value + (chance() - 0.5) * grain))));
  return sharp(grainy, { raw: { width: info.width, height: info.height, channels: 3 } })
    .png()
    .toBuffer();
}

type Chance = () => number;
const between = (chance: Chance, low: number, high: number): number => Math.round(low + chance() * (high - low));
const colour = (chance: Chance): string => `hsl(${between(chance, 0, 359)} ${between(chance, 15, 75)}% ${between(chance, 20, 80)}%)`;
const many = (count: number, make: (at: number) => string): string => Array.from({ length: count }, (_, at) => make(at)).join('');

const hills = (chance: Chance): string =>
  `<linearGradient id="s" x2="0" y2="1"><stop stop-color="${colour(chance)}"/><stop offset="1" stop-color="#eef"/></linearGradient><rect width="224" height="224" fill="url(#s)"/>` +
  many(5, (at) => {
    const y = 70 + at * 30;
    return `<path d="M0 ${y} C60 ${y - between(chance, 0, 60)} 120 ${y + between(chance, 0, 50)} 224 ${y - between(chance, 0, 40)} V224 H0Z" fill="${colour(chance)}"/>`;
  });
const things = (chance: Chance): string =>
  `<rect width="224" height="224" fill="${colour(chance)}"/><rect y="140" width="224" height="84" fill="${colour(chance)}"/>` +
  many(6, () => {
    const [x, y, size] = [between(chance, 20, 200), between(chance, 60, 190), between(chance, 8, 45)];
    return chance() < 0.5
      ? `<ellipse cx="${x}" cy="${y}" rx="${size}" ry="${between(chance, 8, 45)}" fill="${colour(chance)}"/>`
      : `<rect x="${x}" y="${y}" width="${size}" height="${between(chance, 8, 60)}" rx="4" fill="${colour(chance)}"/>`;
  });
const chart = (chance: Chance): string =>
  `<rect width="224" height="224" fill="#fff"/>` +
  many(8, (at) => `<rect x="${20 + at * 24}" y="${between(chance, 30, 180)}" width="16" height="190" fill="${colour(chance)}"/>`) +
  `<text x="20" y="22" font-size="14" font-family="sans-serif">Sales by month</text>`;
const page = (chance: Chance): string =>
  `<rect width="224" height="224" fill="#fcfcf8"/>` +
  many(
    11,
    (at) =>
      `<text x="14" y="${24 + at * 18}" font-size="11" font-family="serif">${many(between(chance, 3, 6), () => WORDS[between(chance, 0, WORDS.length - 1)] ?? '')}</text>`,
  );
const bricks = (chance: Chance): string => {
  const [one, other] = [colour(chance), colour(chance)];
  return (
    `<rect width="224" height="224" fill="#ccc"/>` +
    many(112, (at) => {
      const row = Math.floor(at / 8);
      return `<rect x="${(at % 8) * 30 - (row % 2) * 15}" y="${row * 16}" width="28" height="14" fill="${chance() < 0.3 ? other : one}"/>`;
    })
  );
};
const pattern = (chance: Chance): string =>
  `<radialGradient id="r"><stop stop-color="${colour(chance)}"/><stop offset="1" stop-color="${colour(chance)}"/></radialGradient><rect width="224" height="224" fill="url(#r)"/>` +
  many(
    40,
    () =>
      `<circle cx="${between(chance, 0, 224)}" cy="${between(chance, 0, 224)}" r="${between(chance, 2, 14)}" fill="${colour(chance)}" opacity="0.7"/>`,
  );
const SCENES = [hills, things, chart, page, bricks, pattern];
const WORDS = ['table ', 'of the ', 'garden ', 'report ', 'in May ', 'was ', 'found ', 'twelve ', 'boxes ', 'and '];
