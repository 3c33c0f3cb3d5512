// A budget burning down: what is left over the period, beside the even pace that would make it last.

interface BurnDownProps {
  readonly label: string;
  readonly limit: number;
  readonly spent: number;
  /** What was spent in each part of the period, oldest first; `at` in Unix milliseconds. */
  readonly series: readonly { readonly at: number; readonly microUnits: number }[];
  readonly from: number;
  readonly to: number;
  readonly now: number;
}

const WIDTH = 200;
const HEIGHT = 56;

export function BurnDown({ label, limit, spent, series, from, to, now }: BurnDownProps) {
  const x = (at: number): number => WIDTH * Math.min(1, Math.max(0, (at - from) / (to - from)));
  const y = (left: number): number => HEIGHT - Math.max(0, Math.min(1, left / limit)) * HEIGHT;
  const points = leftAt({ limit, spent, series: series.filter(({ at }) => at >= from), from, now });
  const line = points.map(({ at, left }) => `${x(at).toFixed(1)},${y(left).toFixed(1)}`);
  const end = points.at(-1);
  const pace = end === undefined || now <= from ? 0 : (limit - end.left) / (now - from);
  const last = Math.max(0, limit - pace * (to - from));
  const lastAt = pace === 0 ? to : Math.min(to, from + limit / pace);
  return (
    <svg className="burn" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <path d={`M0,${HEIGHT} L0,0 L${line.join(' L')} L${x(now).toFixed(1)},${HEIGHT} Z`} className="burn-left" />
      <path d={`M0,0 L${WIDTH},${HEIGHT}`} className="burn-even" />
      <path d={`M0,0 L${line.join(' L')}`} className="burn-line" />
      {end !== undefined && <path d={`M${x(end.at)},${y(end.left)} L${x(lastAt)},${y(last)}`} className="burn-pace" />}
    </svg>
  );
}

interface Known {
  readonly limit: number;
  readonly spent: number;
  readonly series: BurnDownProps['series'];
  readonly from: number;
  readonly now: number;
}

/** What was spent before the series begins stands at its beginning: the end is always what is left now. */
function leftAt({ limit, spent, series, from, now }: Known): readonly { readonly at: number; readonly left: number }[] {
  const known = series.reduce((sum, { microUnits }) => sum + microUnits, 0);
  let left = limit - Math.max(0, spent - known);
  const points = [{ at: from, left }];
  for (const [step, { microUnits }] of series.entries()) {
    left -= microUnits;
    points.push({ at: Math.min(now, series[step + 1]?.at ?? now), left });
  }
  return [...points, { at: now, left: limit - spent }];
}
