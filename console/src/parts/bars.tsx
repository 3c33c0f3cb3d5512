// Small charts without axes: stacked bars over time, and lines of a day. The numbers stand beside them in words.
import { toClock, toCount } from './format.ts';

export interface Stack {
  readonly at: number;
  readonly parts: readonly { readonly tone: string; readonly count: number }[];
}

interface StackedBarsProps {
  readonly label: string;
  readonly stacks: readonly Stack[];
  readonly bucketMs: number;
  readonly onPick?: (from: number, to: number) => void;
}

const HEIGHT = 56;

/** One bar a bucket; a press on it narrows the time to it. */
export function StackedBars({ label, stacks, bucketMs, onPick }: StackedBarsProps) {
  const most = Math.max(1, ...stacks.map(totalOf));
  const now = Date.now();
  return (
    <figure className="bars">
      <svg viewBox={`0 0 ${stacks.length * 10} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {stacks.map((stack, at) => (
          // The time menu does the same by keyboard
          <g key={stack.at} className="bar" onClick={() => onPick?.(stack.at, stack.at + bucketMs)}>
            <title>{`${toClock(stack.at, now)}: ${stack.parts.map(({ tone, count }) => `${toCount(count)} ${tone}`).join(', ')}`}</title>
            <rect x={at * 10} y="0" width="10" height={HEIGHT} className="bar-hit" />
            <Bar stack={stack} x={at * 10 + 1} most={most} />
          </g>
        ))}
      </svg>
    </figure>
  );
}

function Bar({ stack, x, most }: { readonly stack: Stack; readonly x: number; readonly most: number }) {
  let y = HEIGHT;
  return stack.parts.map(({ tone, count }) => {
    // Whatever happened is seen, however little it was.
    const height = count === 0 ? 0 : Math.max(1.5, (count / most) * (HEIGHT - 4));
    y -= height;
    return <rect key={tone} x={x} y={y} width="8" height={height} data-tone={tone} />;
  });
}

const totalOf = ({ parts }: Stack): number => parts.reduce((sum, { count }) => sum + count, 0);

/** A day in little. */
export function Spark({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const most = Math.max(1, ...values);
  const width = Math.max(1, values.length);
  return (
    <svg className="spark" viewBox={`0 0 ${width * 4} 18`} preserveAspectRatio="none" role="img" aria-label={label}>
      {values.map((value, at) => (
        // oxlint-disable-next-line react/no-array-index-key -- the place is the hour
        <rect
          key={at}
          x={at * 4}
          y={value === 0 ? 17 : 18 - Math.max(2, (value / most) * 18)}
          width="3"
          height={value === 0 ? 1 : Math.max(2, (value / most) * 18)}
          data-empty={value === 0}
        />
      ))}
    </svg>
  );
}

/** How much of a limit is used; what is only set aside is drawn lighter. */
export function Meter({
  spent,
  reserved,
  limit,
  label,
}: {
  readonly spent: number;
  readonly reserved: number;
  readonly limit: number;
  readonly label: string;
}) {
  const share = (value: number): number => (limit <= 0 ? 100 : Math.min(100, (value / limit) * 100));
  const used = share(spent);
  const tone = used >= 100 ? 'block' : used >= 80 ? 'redact' : 'allow';
  return (
    <svg className="meter" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={label} data-tone={tone}>
      <rect width="100" height="8" className="track" />
      <rect width={share(spent + reserved)} height="8" className="held" />
      <rect width={used} height="8" className="fill" />
    </svg>
  );
}
