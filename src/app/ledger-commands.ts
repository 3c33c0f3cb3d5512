// `sallyport ledger verify | prove | check | export`: what each does and with which exit code; parsing options is done elsewhere.
import type { FilePort } from '../io/files/file-port.ts';
import { readWhole } from '../io/files/whole-file.ts';
import type { ProofAnswer } from '../ledger/check-proof.ts';
import { checkProof, parseProof } from '../ledger/check-proof.ts';
import { ledgerFault } from '../ledger/faults.ts';
import { NOTE_UNITS_MAX } from '../ledger/note.ts';
import type { ExportOptions, LedgerPlace } from '../ledger/prove.ts';
import { exportLedger, prove } from '../ledger/prove.ts';
import { VERIFIER_KEY_NAME } from '../ledger/signer.ts';
import type { Problem, VerifyReport } from '../ledger/verify.ts';
import { verify } from '../ledger/verify.ts';

/** 0 clean, 1 something does not hold, 3 nothing to look at; 2, a failure, is thrown as a fault. */
export type LedgerExitCode = 0 | 1 | 3;

export interface LedgerResult<Value> {
  readonly exitCode: LedgerExitCode;
  readonly value: Value;
  /** For people. */
  readonly text: string;
}

export interface VerifyCommand extends LedgerPlace {
  /** Path of a checkpoint that was kept elsewhere. */
  readonly against?: string;
  /** A verifier key that was kept elsewhere, or the path of a file that holds one. */
  readonly key?: string;
}

/** A proof is a record of at most 64 kB, written as JSON, and some kilobytes of hashes. */
const PROOF_BYTES_MAX = 1_048_576;

/** Throws what reading the ledger throws. */
export async function verifyCommand({ files, directory, against, key }: VerifyCommand): Promise<LedgerResult<VerifyReport>> {
  const report = await verify({
    files,
    directory,
    ...(against !== undefined && { against: await readText(files, against) }),
    ...(key !== undefined && { verifierKey: await readKey(files, key) }),
  });
  const exitCode = ({ intact: 0, damaged: 1, empty: 3 } as const)[report.state];
  return { exitCode, value: report, text: toText(report) };
}

/** One line of JSON that anyone can check with the public key. Throws `record_not_covered` and `record_not_found`. */
export async function proveCommand(place: LedgerPlace & { readonly index: number }): Promise<LedgerResult<string>> {
  const line = JSON.stringify(await prove(place, place.index));
  return { exitCode: 0, value: line, text: line };
}

export interface CheckCommand {
  readonly files: FilePort;
  /** Path of a proof. */
  readonly proof: string;
  readonly key: string;
}

/** Checks a proof without the ledger. */
export async function checkCommand({ files, proof, key }: CheckCommand): Promise<LedgerResult<ProofAnswer>> {
  const parsed = parseProof(parseJson(await readText(files, proof)));
  const answer: ProofAnswer =
    parsed === undefined ? { state: 'refused', reason: 'the file is no proof' } : await checkProof(parsed, await readKey(files, key));
  if (answer.state === 'refused') return { exitCode: 1, value: answer, text: `refused: ${answer.reason}` };
  const { size, origin } = answer.checkpoint;
  return { exitCode: 0, value: answer, text: `proven: record ${answer.index} is one of the first ${size} of ${origin}` };
}

/** JSON lines, one a record. Throws like `proveCommand`. */
export const exportCommand = (options: ExportOptions): AsyncIterable<string> => exportLedger(options);

/** Where the public key of a ledger lies, for `--key` on another machine. */
export const verifierKeyPath = (directory: string): string => `${directory}/${VERIFIER_KEY_NAME}`;

function toText(report: VerifyReport): string {
  const retired = report.recordsRetired === 0 ? '' : `, ${report.recordsRetired} older ones removed by retention and known by their hashes`;
  const head = {
    intact: `intact: ${report.recordsRead} records read${retired}; ${report.checkpointsMatched} signed checkpoints hold`,
    damaged: `DAMAGED: ${report.problems.length} problems in ${report.recordsRead} records`,
    empty: 'there is no ledger here',
  }[report.state];
  return [
    head,
    ...report.problems.map(problemLine),
    ...report.remarks.map((remark) => `remark: ${remark}`),
    ...(report.state === 'empty' ? [] : report.notExcluded.map((what) => `not excluded: ${what}`)),
  ].join('\n');
}

function problemLine({ code, message, segment, offset }: Problem): string {
  const place = segment === undefined ? '' : ` (${segment}${offset === undefined ? '' : ` at byte ${offset}`})`;
  return `${code}: ${message}${place}`;
}

async function readText(files: FilePort, path: string): Promise<string> {
  const bytes = await readWhole(files, path, PROOF_BYTES_MAX);
  if (bytes === undefined) throw ledgerFault('input_missing', { path });
  return Buffer.from(bytes).toString('utf8');
}

/** A verifier key has plus signs and spaces nowhere; a path that looks like one does not exist. */
async function readKey(files: FilePort, key: string): Promise<string> {
  if (/^[^\s/+]+(?:\/[^\s/+]+)?\+[0-9a-f]{8}\+/.test(key)) return key;
  return (await readText(files, key)).slice(0, NOTE_UNITS_MAX).trim();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
