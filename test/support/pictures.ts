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
