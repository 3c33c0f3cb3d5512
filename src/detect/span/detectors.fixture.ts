// All span detectors of the room, found as the app finds them: by their place.
import { readdirSync } from 'node:fs';
import type { SpanDetector } from '../detector.ts';

const RULES = new URL('../rules/', import.meta.url);

async function load(name: string): Promise<readonly SpanDetector[]> {
  const module: unknown = await import(new URL(name, RULES).href);
  const detector = (module as { default: SpanDetector }).default;
  return detector.kind === 'span' ? [detector] : [];
}

const names = readdirSync(RULES).filter((name) => /^(secrets|pii|exfiltration|leak)-[a-z0-9-]+\.ts$/.test(name));

export const spanDetectors: readonly SpanDetector[] = (await Promise.all(names.sort().map(load))).flat();
