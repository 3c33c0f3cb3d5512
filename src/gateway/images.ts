// Between the walk and the sentry: pictures are handed to the image door. What comes back takes their place in the body, and the text
// in them becomes turns of its own. It decides nothing: findings go to the policy like any other.
import type { ImageDoor, ImageSize, ImageVerdict } from '../lens/images/image-door.ts';
import { gatewayFault } from './faults.ts';
import type { JudgedImage } from './sentry.ts';
import { readImageSource, type WrittenImage } from './wire/image-source.ts';
import type { PictureLoad } from './picture-cost.ts';
import { put, valueAt, type Holder, type MediaPart, type Reading, type Turn } from './wire/walk.ts';

export interface Gallery {
  readonly images: readonly JudgedImage[];
  /** What can be read in the pictures. */
  readonly turns: readonly Turn[];
  /** Whether a picture passes that nobody looked into, because an operator wrote so. */
  readonly isUnseen: boolean;
  /** What they cost is counted by their size: read after `clean`. */
  load(): PictureLoad;
  /** Puts the pictures that were made anew in the place of those that came. */
  clean(): void;
}

export interface GalleryInput {
  readonly reading: Reading;
  readonly door: ImageDoor | undefined;
  /** Whether the policy lets media pass that nobody can look into. */
  readonly allowsUnseen: boolean;
  readonly tenant: string;
}

const NO_LOAD: PictureLoad = { bytes: 0, sizes: [] };
const NOTHING: Gallery = { images: [], turns: [], isUnseen: false, load: () => NO_LOAD, clean: () => undefined };

/** Requests without media do not wait. Throws the gateway's faults. */
export function lookAtMedia(input: GalleryInput): Gallery | Promise<Gallery> {
  return input.reading.media.length === 0 ? NOTHING : lookAtAll(input);
}

async function lookAtAll({ reading, door, allowsUnseen, tenant }: GalleryInput): Promise<Gallery> {
  const pictures = reading.media.filter(({ media }) => media === 'image');
  const other = reading.media.find(({ media }) => media !== 'image');
  const unseen = other ?? (door === undefined ? pictures[0] : undefined);
  if (unseen !== undefined && !allowsUnseen) throw notInspected(unseen);
  if (door === undefined)
    return { ...NOTHING, isUnseen: true, load: () => loadOf(pictures.map(({ holder }) => ({ holder, size: undefined }))) };
  const over = pictures[door.perRequestMax];
  if (over !== undefined) throw refused(over, `the request holds more than ${door.perRequestMax}`);
  const gathered: Gathered = { images: [], turns: [], cleaned: [], shown: [], isUnseen: unseen !== undefined };
  for (const media of pictures) {
    const written = readImageSource(media);
    gather(gathered, await door.look(tenant, written.source), { media, written, allowsUnseen });
  }
  const { images, turns, cleaned, shown, isUnseen } = gathered;
  return { images, turns, isUnseen, load: () => loadOf(shown), clean: () => cleaned.forEach((step) => step()) };
}

/** A picture in its place. */
interface Shown {
  readonly holder: Holder;
  readonly size: ImageSize | undefined;
}

const loadOf = (shown: readonly Shown[]): PictureLoad => ({
  bytes: shown.reduce((sum, { holder }) => sum + Buffer.byteLength(JSON.stringify(valueAt(holder) ?? null), 'utf8'), 0),
  sizes: shown.map(({ size }) => size),
});

interface Gathered {
  readonly images: JudgedImage[];
  readonly turns: Turn[];
  readonly cleaned: (() => void)[];
  readonly shown: Shown[];
  isUnseen: boolean;
}

interface Picture {
  readonly media: MediaPart;
  readonly written: WrittenImage;
  readonly allowsUnseen: boolean;
}

function gather(into: Gathered, verdict: ImageVerdict, { media, written, allowsUnseen }: Picture): void {
  const { pointer, holder, origin } = media;
  const blank = (): void => put(holder, written.rewrite(BLANK.mediaType, BLANK.base64));
  if (verdict.state !== 'refused') into.shown.push({ holder, size: verdict.size });
  switch (verdict.state) {
    case 'refused':
      throw refused(media, verdict.reason);
    case 'absent':
      if (!allowsUnseen) throw gatewayFault('images_need_packages', { pointer, missing: verdict.missing }, { pointer });
      into.isUnseen = true;
      return;
    case 'failed':
      into.images.push({ pointer, origin, findings: [], digest: '', failure: verdict.code, blank });
      return;
    case 'looked':
      into.images.push({ pointer, origin, findings: verdict.findings, digest: verdict.digest, failure: undefined, blank });
      for (const text of verdict.texts) into.turns.push(...turnsOf(text, media, blank));
      into.cleaned.push(() => put(holder, written.rewrite(verdict.mediaType, verdict.base64)));
  }
}

/** What stands in a picture of a user may be the user's own words or anybody's: it is read as both. */
const turnsOf = (text: string, { origin: around, pointer }: MediaPart, blank: () => void): readonly Turn[] =>
  (around === 'user' ? (['user', 'retrieved'] as const) : [around]).map((origin) => ({
    origin,
    parts: [{ kind: 'text', pointer, origin, channel: 'content', text, blank }],
  }));

/** Stands in the place of a picture that was taken out: a small grey square. */
const BLANK = {
  mediaType: 'image/png',
  base64:
    'iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAMAAACdt4HsAAAAA1BMVEWIiIhYZW6zAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAG0lEQVRYw+3BgQAAAADDoPlT3+AEVQEAAAB8AxBAAAEZszF2AAAAAElFTkSuQmCC',
} as const;

const notInspected = ({ pointer, media }: MediaPart) => gatewayFault('media_not_inspected', { pointer, media }, { pointer });

const refused = ({ pointer }: MediaPart, reason: string) => gatewayFault('image_refused', { pointer, reason }, { pointer });
