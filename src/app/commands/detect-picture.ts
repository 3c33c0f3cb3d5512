// Pictures among the rows of `detect`: taken through the image door of the gateway, and the text in them judged like any other.
import type { FindingClass, Finding, Origin } from '../../core/types.ts';
import type { Task } from '../../detect/detector.ts';
import { isPicture } from '../../lens/images/image-facts.ts';
import { IMAGE_LIMITS } from '../../lens/images/limits.ts';
import { createImageGuard } from '../serve/image-guard.ts';
import type { Judged, Row } from './detect-row.ts';

export interface PictureTools {
  readonly task: Task;
  readonly judge: (row: Row) => Judged | Promise<Judged>;
  /** Hears, once, what would have to be installed, and of each picture that is none why. */
  readonly tell: (line: string) => void;
}

export interface PictureJudge {
  judge(row: Row): Promise<Judged>;
  close(): Promise<void>;
}

/** What is noticed in a picture beside its text, by the task that asks for it. */
const CLASSES: Readonly<Partial<Record<Task, readonly FindingClass[]>>> = {
  injection: ['injection', 'jailbreak'],
  documents: ['injection', 'jailbreak'],
  harm: ['harm'],
};

/** What a picture is, its bytes say. */
export const isPictureRow = ({ base64 }: Row): boolean => base64 !== undefined && isPicture(Buffer.from(base64.slice(0, 64), 'base64'));

export function createPictureJudge({ task, judge, tell }: PictureTools): PictureJudge {
  const reach = { isOpened: () => false, ca: undefined };
  const guard = createImageGuard(() => ({ perRequest: 1, pixelsMax: IMAGE_LIMITS.pixelsMax, remoteHosts: [], reach }));
  let isTold = false;
  return {
    close: () => guard.close(),
    async judge(row) {
      const verdict = await guard.look('rows', { kind: 'base64', base64: row.base64 ?? '' });
      if (verdict.state === 'refused') {
        tell(`sallyport: the picture of row ${JSON.stringify(row.id)} is refused: ${verdict.reason}`);
        return UNREADABLE;
      }
      if (verdict.state === 'absent') {
        if (!isTold) tell(`sallyport: pictures cannot be looked into without these packages: npm install ${verdict.missing}`);
        isTold = true;
        return UNREADABLE;
      }
      if (verdict.state === 'failed') return { findings: [], failed: verdict.code };
      const looks: Judged[] = [];
      for (const text of verdict.texts)
        for (const origin of originsOf(row, task)) looks.push(await judge({ id: row.id, text, ...origin, ...promptOf(row) }));
      const seen = verdict.findings.filter(({ class: kind }) => CLASSES[task]?.includes(kind) === true);
      return worstOf([{ findings: seen }, ...looks]);
    },
  };
}

const UNREADABLE: Judged = { findings: [], failed: 'media_not_readable' };

/** What stands in a picture may be the words of whoever sends it or anybody's: it is read as both, as the gateway does. */
const originsOf = ({ origin }: Row, task: Task): readonly { readonly origin?: Origin }[] => {
  if (origin !== undefined) return [{ origin }];
  return task === 'injection' ? [{ origin: 'user' }, { origin: 'retrieved' }] : [{}];
};

const promptOf = ({ system_prompt: prompt }: Row): Pick<Row, 'system_prompt'> => (prompt === undefined ? {} : { system_prompt: prompt });

const scoreOf = ({ score, findings }: Judged): number =>
  score ?? findings.reduce((highest, finding) => Math.max(highest, finding.score), 0);

/** A picture is as bad as its worst reading; what several readings show is told once. */
function worstOf(looks: readonly Judged[]): Judged {
  const worst = looks.reduce((top, one) => (scoreOf(one) > scoreOf(top) ? one : top));
  const findings = new Map<string, Finding>();
  for (const finding of looks.flatMap((look) => look.findings)) {
    const name = `${finding.rule} ${finding.type ?? ''} ${finding.start} ${finding.end}`;
    if ((findings.get(name)?.score ?? 0) < finding.score) findings.set(name, finding);
  }
  const failed = looks.find((look) => look.failed !== undefined)?.failed;
  const stages = worst.stages ?? looks.find((look) => look.stages !== undefined)?.stages;
  return {
    findings: [...findings.values()],
    score: scoreOf(worst),
    ...(stages === undefined ? {} : { stages }),
    ...(failed === undefined ? {} : { failed }),
  };
}
