// Texts that are harmful or not, from rows of JSON lines {"text","label","category","source"}.
import type { Hazard } from '../../src/detect/harm/hazards.ts';

export interface HarmText {
  readonly text: string;
  readonly harmful: boolean;
  /** Empty: not known. */
  readonly hazards: readonly Hazard[];
  readonly source: string;
  readonly weight: number;
  /** Texts made of one phrase stay together. */
  readonly template: number;
  /** Of the rows that tell harm, which the figures are measured on. */
  readonly isOfHarm: boolean;
  /** A sentence of a longer text that stands among the rows too. */
  readonly part: boolean;
}

const OF_LETTER: Readonly<Record<string, Hazard>> = {
  S: 'sexual_content', S3: 'child_exploitation', H: 'hate', H2: 'hate', V: 'violent_crimes', V2: 'violent_crimes', HR: 'harassment', SH: 'self_harm',
}; // prettier-ignore

function hazardsOf(category: string): readonly Hazard[] {
  if (category === 'hate') return ['hate'];
  if (category === 'offensive' || category === 'toxicity') return ['harassment'];
  const letters = category.startsWith('moderation:') ? category.slice(11).split(',') : [];
  return [...new Set(letters.flatMap((letter) => OF_LETTER[letter] ?? []))];
}

/** Requests about security that look like attacks are innocent here, but should not outweigh harm itself. */
const innocentSources = /neuralchemy|CodeAlpaca|OWASP|MITRE|BIPIA|FastChat|dolly|kaggle|deepset|hinglish|awesome|own /;

const weightOf = (source: string): number => (source.startsWith('CyberSecEval') ? 0.05 : innocentSources.test(source) ? 0.3 : 1);

export function readRows(jsonl: string): readonly HarmText[] {
  return jsonl
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const row = JSON.parse(line) as { text: string; label: number; category: string; source: string };
      return {
        text: row.text,
        harmful: row.label === 1,
        hazards: row.label === 1 ? hazardsOf(row.category) : [],
        source: row.source,
        weight: weightOf(row.source),
        template: 0,
        isOfHarm: false,
        part: false,
      };
    });
}

/** Sources whose innocent texts are long, and innocent in each of their sentences. */
const proseSources = /BIPIA|dolly|moderation|OWASP|MITRE/;
const PROSE_UNITS_MIN = 300;
const SENTENCE_UNITS_MIN = 40;
const SENTENCES_MAX = 12;

/** The sentences of long innocent prose, so that one among many is not taken for harm. */
export function sentencesOf(text: HarmText): readonly HarmText[] {
  if (text.harmful || text.text.length < PROSE_UNITS_MIN || !proseSources.test(text.source)) return [];
  const sentences = text.text.split(/(?<=[.!?])\s+|\n+/).filter((sentence) => sentence.length > SENTENCE_UNITS_MIN);
  return sentences.slice(0, SENTENCES_MAX).map((sentence) => ({ ...text, text: sentence, weight: 0.15, part: true }));
}

/** How often a harmful text scores above an innocent one. */
export function areaUnder(bad: readonly number[], good: readonly number[]): number {
  const sorted = [...good].sort((a, b) => a - b);
  const below = (score: number, orEqual: boolean): number => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const value = sorted[middle] ?? 0;
      if (value < score || (orEqual && value === score)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return bad.reduce((sum, score) => sum + (below(score, false) + below(score, true)) / 2, 0) / (bad.length * sorted.length);
}
