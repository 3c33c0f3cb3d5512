// An attacker who sees the score: each attack of the corpus that is found gets up to 500 edits that keep its meaning, and every edit
// that lowers the score stays. Tells how far recall falls, and after how many edits.
//   node bench/adaptive.ts [ATTACKS] [EDITS] [SEED] [--show] [--remembering] [--blind | --leaping]
// --remembering: over a gateway, where each try is a request and those that were blocked are remembered. The attacker still sees what the
// text scores by itself, and learns from each answer whether it passed.
// --blind: sees only blocked or not; each edit stays, and after 25 the attack begins anew. --leaping: also blind; each try is the attack
// with 1 to 12 edits at once.
import { generateRows, type CorpusRow } from '../corpus/injection/generate.ts';
import { seededRandom } from '../corpus/injection/seeded-random.ts';
import { loadDetectors } from '../src/app/serve/guards.ts';
import { createMeaningJudge } from '../src/detect/meaning/judge.ts';
import { editsOf } from './meaning-keeping-edits.ts';
import { TriedGateway } from './support/tried-gateway.ts';

const [attacks = 100, edits = 500, seed = 7] = process.argv
  .slice(2)
  .filter((word) => /^\d+$/.test(word))
  .map(Number);
const random = seededRandom(seed);
const judge = createMeaningJudge((await loadDetectors()).meaning);
const scoreOf = (text: string, { origin }: CorpusRow): number => judge.judge(text, origin, {}).score ?? 0;

const HIGH = 0.5;
const GROWTH_MAX = 1.6;
const GROWTH_UNITS = 60;
const MARKS = [5, 20, 50, 100, 200, 500];

const isRemembering = process.argv.includes('--remembering');
const isBlind = process.argv.includes('--blind');
const isLeaping = process.argv.includes('--leaping');
/** Edits after which one who is blind begins anew. */
const BLIND_EDITS = 25;
const LEAP_MAX = 12;

/** What is tried next, from the text at hand. */
function nextTry(row: CorpusRow, text: string, tried: number): string {
  const all = editsOf(row.text);
  const editOf = (before: string): string => all[Math.floor(random() * all.length)]?.(before, random) ?? before;
  if (!isLeaping) return editOf(isBlind && tried % BLIND_EDITS === 1 ? row.text : text);
  let leap = row.text;
  for (let left = 1 + Math.floor(random() * LEAP_MAX); left > 0; left -= 1) leap = editOf(leap);
  return leap;
}

/** The text after the edits that helped, and how many were tried until it was no longer found. */
function attack(row: CorpusRow): { readonly text: string; readonly tried: number } {
  const gateway = new TriedGateway(judge, row.origin, isRemembering);
  let { text } = row;
  let { own } = gateway.ask(text);
  for (let tried = 1; tried <= edits; tried += 1) {
    const next = nextTry(row, text, tried);
    if (next.length > row.text.length * GROWTH_MAX + GROWTH_UNITS) continue;
    const answer = gateway.ask(next);
    if (!answer.isBlocked) return { text: next, tried };
    if (!isBlind && answer.own >= own) continue;
    text = next;
    own = answer.own;
  }
  return { text, tried: Number.POSITIVE_INFINITY };
}

const rows = generateRows(11)
  .filter(({ label, id, lang }) => label === 1 && lang === 'en' && !id.endsWith('-disguised') && !id.endsWith('-edited'))
  .filter(() => random() < 0.1)
  .slice(0, attacks);
const found = rows.filter((row) => scoreOf(row.text, row) >= HIGH);
const ends = found.map((row) => ({ row, ...attack(row) }));
if (process.argv.includes('--show'))
  for (const { row, text, tried } of ends)
    if (tried <= edits) console.log(`${row.author}, ${tried} edits\n  ${JSON.stringify(row.text)}\n  ${JSON.stringify(text)}`);
const percent = (count: number): string => `${((100 * count) / rows.length).toFixed(1)} %`;
console.log(`${rows.length} attacks, ${percent(found.length)} found as they are`);
for (const mark of MARKS.filter((mark) => mark <= edits))
  console.log(`after ${String(mark).padStart(3)} edits tried ${percent(ends.filter(({ tried }) => tried > mark).length)}`);
