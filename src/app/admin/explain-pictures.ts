// Pictures of a conversation that is only tried: through the same door as those of a request.
import { Fault } from '../../core/fault.ts';
import type { Finding, Origin } from '../../core/types.ts';
import { lookAtMedia, type Gallery } from '../../gateway/images.ts';
import type { MediaPart } from '../../gateway/wire/walk.ts';
import type { ImageDoor } from '../../lens/images/image-door.ts';
import type { Policy } from '../../policy/policy.ts';

export interface Shown {
  readonly origin: Origin;
  readonly pointer: string;
  readonly base64: string;
}

export interface PictureTools {
  readonly images: ImageDoor;
  readonly policy: Policy;
  readonly tenant: string;
}

export interface SeenPictures {
  /** Absent where a picture is refused. */
  readonly gallery: Gallery | undefined;
  readonly findings: readonly Finding[];
  /** What came of it, in words. */
  readonly says: string;
}

/** Looks into pictures as the gateway does. A refusal is an answer here, not an error. */
export async function explainPictures({ images: door, policy, tenant }: PictureTools, shown: readonly Shown[]): Promise<SeenPictures> {
  const reading = { turns: [], media: shown.map(mediaPart) };
  try {
    const gallery = await lookAtMedia({ reading, door, allowsUnseen: policy.media === 'allow', tenant });
    return { gallery, findings: gallery.images.flatMap((image) => placed(image.findings, image.pointer)), says: wordsFor(gallery) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { gallery: undefined, findings: [], says: `${error.message} ${error.fix}` };
  }
}

function mediaPart({ origin, pointer, base64 }: Shown): MediaPart {
  const value = { type: 'base64', media_type: 'image/png', data: base64 };
  return { kind: 'media', media: 'image', origin, pointer, value, holder: { object: { source: value }, at: 'source' } };
}

const placed = (findings: readonly Finding[], pointer: string): readonly Finding[] => findings.map((finding) => ({ ...finding, pointer }));

function wordsFor({ images, turns, isUnseen }: Gallery): string {
  if (isUnseen) return 'Nobody could look into a picture, and the policy lets it pass unseen.';
  const failed = images.find(({ failure }) => failure !== undefined);
  if (failed !== undefined) return `A picture could not be looked into: ${failed.failure}.`;
  const read = turns.length === 0 ? 'No text could be read in them.' : 'What could be read in them is judged with the turns, as below.';
  return `Looked into ${images.length} and made anew without metadata. ${read}`;
}
