// A finding that was wrong: accepted with a reason and an end, for this very text and nothing else.
import { useState } from 'react';
import { post } from '../api/client.ts';
import { useRefresh } from '../api/queries.ts';
import type { Story, StoryFinding } from '../api/types.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { Segments } from '../parts/controls.tsx';
import { Inert } from '../parts/text.tsx';
import { isGlobal, usePrincipal } from '../shell/principal.ts';

const DAY_MS = 86_400_000;
const ENDS = [
  ['7', '7 days'],
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', 'a year'],
] as const;
type Days = (typeof ENDS)[number][0];

interface Props {
  readonly story: Pick<Story, 'id' | 'tenant'>;
  readonly finding: Pick<StoryFinding, 'rule' | 'fingerprint'>;
  readonly onClose: () => void;
}

export function AcceptDialog({ story, finding, onClose }: Props) {
  const [days, setDays] = useState<Days>('30');
  const [reach, setReach] = useState<'tenant' | 'all'>('tenant');
  const refresh = useRefresh();
  const principal = usePrincipal();
  const accept = (reason: string): Promise<unknown> =>
    post('/api/acceptances', {
      rule: finding.rule,
      tenant: reach === 'all' ? null : (story.tenant ?? null),
      reason,
      // A year is the most that the gateway takes: a minute less, because its clock has gone on.
      expiresAtMs: Date.now() + Number(days) * DAY_MS - 60_000,
      finding: finding.fingerprint === undefined ? { requestId: story.id } : { fingerprint: finding.fingerprint },
    });
  const onDone = (): void => {
    void refresh('acceptances', 'requests', 'findings');
    onClose();
  };
  return (
    <ActDialog title="Accept as false alarm" act="Accept" reasonMax={500} onAct={accept} onDone={onDone} onClose={onClose}>
      <p>
        <Inert text={finding.rule} mono /> stays silent about this very text. About any other text it speaks as before.
      </p>
      <Segments label="Until" value={days} options={ENDS} onChange={setDays} />
      {isGlobal(principal) && (
        <Segments
          label="For whom"
          value={reach}
          options={[
            ['tenant', `Tenant ${story.tenant ?? ''}`],
            ['all', 'All tenants'],
          ]}
          onChange={setReach}
        />
      )}
    </ActDialog>
  );
}
