// From the second look of the configuration to what the gateway takes. What cannot work is refused here, so that a start, a reload and
// `doctor` all say it.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ClassifierError, parseClassifierCard, specialTokensOf } from '../../lens/models/classifier-folder.ts';
import type { Meaning } from '../../lens/models/labels.ts';
import { appFault } from '../faults.ts';
import { missingPackages } from '../serve/optional-packages.ts';
import { VECTOR_PACKAGES } from '../serve/second-look-vectors.ts';
import { assertOutboundUrl } from './outbound.ts';
import type { SecondLookConfig } from './second-look-schema.ts';

/** The files of a classifier, by absolute path. */
export interface ClassifierFiles {
  readonly kind: 'model';
  readonly folder: string;
  readonly network: string;
  readonly labels: Readonly<Record<string, Meaning>>;
  /** Changes with the files, so that a reload takes new weights over. */
  readonly version: string;
}

export interface JudgeSettings {
  readonly kind: 'judge';
  readonly url: string;
  readonly model: string;
  readonly key: string | undefined;
  readonly trust: 'external' | 'self-hosted';
}

export interface VectorSettings {
  readonly kind: 'vectors';
}

export interface SecondLookSettings {
  readonly by: VectorSettings | ClassifierFiles | JudgeSettings;
  readonly from: number;
  readonly to: number;
  readonly deadlineMs: number;
  readonly perMinute: number;
  /** Nobody asked for it: it is loaded by the first text in doubt, and where it does not come in time the verdict of the first stages stands. */
  readonly isDefault?: true;
}

export const CLASSIFIER_PACKAGES = ['onnxruntime-web', '@huggingface/tokenizers'] as const;

/** Who takes the place of the first stages is asked about fewer texts than who adds to what they say. */
const BAND = { from: 0.12, to: 0.9 };
export const VECTOR_BAND = { from: 0.06, to: 0.97 };

/** A gateway that is busy answers without it rather than late. */
const DEFAULT: SecondLookSettings = { by: { kind: 'vectors' }, ...VECTOR_BAND, deadlineMs: 500, perMinute: 3_000, isDefault: true };

const NETWORKS = ['model.onnx', 'onnx/model.onnx'];
const NETWORK_BYTES_MAX = 2_147_483_647;
const JSON_BYTES_MAX = 67_108_864;

/** Faults: `second_look_packages`, `second_look_model`, `outbound_refused`, `secret_missing`. */
export function compileSecondLook(
  config: SecondLookConfig | undefined,
  readSecret: (reference: string) => string,
): SecondLookSettings | undefined {
  if (config === undefined) return missingPackages(VECTOR_PACKAGES) === '' ? DEFAULT : undefined;
  const { by, from, to, ...others } = config;
  const band = by.kind === 'vectors' ? VECTOR_BAND : BAND;
  const rest = { ...others, from: from ?? band.from, to: to ?? band.to };
  if (by.kind === 'vectors') {
    const missing = missingPackages(VECTOR_PACKAGES);
    if (missing !== '') throw appFault('second_look_packages', { missing });
    return { ...rest, by };
  }
  if (by.kind === 'model') return { ...rest, by: classifierFiles(by) };
  assertOutboundUrl('secondLook.by', by.url);
  return { ...rest, by: { ...by, key: by.key === undefined ? undefined : readSecret(by.key) } };
}

function classifierFiles({ folder: given, file, labels }: Extract<SecondLookConfig['by'], { kind: 'model' }>): ClassifierFiles {
  const missing = missingPackages(CLASSIFIER_PACKAGES);
  if (missing !== '') throw appFault('second_look_packages', { missing });
  const folder = resolve(given);
  const wrong = (reason: string) => appFault('second_look_model', { folder: given, reason });
  const network = (file === undefined ? NETWORKS : [file]).map((name) => join(folder, name)).find((path) => existsSync(path));
  if (network === undefined) throw wrong(`it has no ${(file === undefined ? NETWORKS : [file]).join(' or ')}`);
  if (statSync(network).size > NETWORK_BYTES_MAX) throw wrong('its network is larger than 2 GiB');
  try {
    parseClassifierCard(readJson(join(folder, 'config.json')), labels);
    specialTokensOf(readJson(join(folder, 'tokenizer.json')));
  } catch (error) {
    if (error instanceof ClassifierError) throw wrong(error.message);
    throw error;
  }
  return {
    kind: 'model',
    folder,
    network,
    labels,
    version: versionOf([network, join(folder, 'tokenizer.json'), join(folder, 'config.json')]),
  };
}

const versionOf = (paths: readonly string[]): string =>
  paths
    .map((path) => statSync(path))
    .map(({ mtimeMs, size }) => `${mtimeMs} ${size}`)
    .join(', ');

function readJson(path: string): unknown {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) throw new ClassifierError(`it has no ${name}`);
  if (size > JSON_BYTES_MAX) throw new ClassifierError(`its ${name} is larger than 64 MiB`);
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new ClassifierError(`its ${name} is no JSON`);
  }
}
