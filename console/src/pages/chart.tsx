// Lines over time, drawn by uPlot in the colours of the theme; the same numbers stand in a table for whoever cannot see them.
import { useEffect, useRef } from 'react';
import Plot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { toClock, toDay } from '../parts/format.ts';
import { useTheme } from '../shell/theme.ts';
import { useMedia } from '../parts/use-media.ts';

export interface Line {
  readonly name: string;
  readonly tone: string;
  readonly values: readonly (number | null)[];
  readonly filled?: boolean;
}

interface ChartProps {
  readonly title: string;
  /** Unix seconds. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly spell: (value: number) => string;
}

const HEIGHT_PX = 180;
const DOTS_MAX = 12;

export function Chart({ title, times, lines, spell }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  const isDark = useMedia('(prefers-color-scheme: dark)');
  useEffect(() => {
    const { current } = place;
    if (current === null) return undefined;
    const plot = new Plot(optionsOf({ place: current, lines, spell }), [[...times], ...lines.map(({ values }) => [...values])], current);
    const watch = new ResizeObserver(() => plot.setSize({ width: current.clientWidth, height: HEIGHT_PX }));
    watch.observe(current);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [times, lines, spell, theme, isDark]);
  return (
    <>
      <div className="chart" ref={place} aria-hidden="true" />
      <Summary title={title} times={times} lines={lines} spell={spell} />
    </>
  );
}

interface Wanted {
  readonly place: HTMLElement;
  readonly lines: readonly Line[];
  readonly spell: (value: number) => string;
}

function optionsOf({ place, lines, spell }: Wanted): Plot.Options {
  const colour = colourIn(place);
  const axis = {
    stroke: colour('ink-faint'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: `11px ${getComputedStyle(place).fontFamily}`,
  };
  return {
    width: place.clientWidth,
    height: HEIGHT_PX,
    padding: [8, 12, 0, 0],
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    scales: { y: { range: (_plot, _low, high) => [0, high === 0 || !Number.isFinite(high) ? 1 : high * 1.1] } },
    axes: [
      { ...axis, space: 64, size: 26, values: (_plot, splits) => splits.map((at) => toTick(at, (splits[1] ?? at) - (splits[0] ?? at))) },
      { ...axis, size: 62, space: 36, values: (_plot, splits) => splits.map((value) => spell(value)) },
    ],
    series: [
      { label: 'time', value: (_plot, value) => (typeof value === 'number' ? toClock(value * 1_000, Date.now()) : '–') },
      ...lines.map(({ name, tone, values, filled = false }) => ({
        label: name,
        stroke: colour(tone),
        width: 1.5,
        ...(filled ? { fill: `color-mix(in srgb, ${colour(tone)} 12%, transparent)` } : {}),
        // A few values far apart are no line: they are drawn as dots.
        points: { show: values.filter((value) => value !== null).length < DOTS_MAX, size: 5 },
        value: (_plot: Plot, value: number | null) => (typeof value === 'number' ? spell(value) : '–'),
      })),
    ],
  };
}

/** A canvas does not know the names of the theme: the browser is asked what they are here. */
function colourIn(place: HTMLElement): (name: string) => string {
  const probe = document.createElement('span');
  place.append(probe);
  const colours = new Map<string, string>();
  const colour = (name: string): string => {
    const known = colours.get(name);
    if (known !== undefined) return known;
    probe.style.color = `var(--${name})`;
    const found = getComputedStyle(probe).color;
    colours.set(name, found);
    return found;
  };
  for (const name of ['ink-faint', 'line', 'accent', 'block', 'redact', 'error', 'allow']) colour(name);
  probe.remove();
  return colour;
}

const Summary = ({ title, times, lines, spell }: ChartProps) => (
  <table className="sr">
    <caption>{title}</caption>
    <thead>
      <tr>
        <th scope="col">Line</th>
        <th scope="col">Newest</th>
        <th scope="col">Highest</th>
      </tr>
    </thead>
    <tbody>
      {lines.map(({ name, values }) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td>{spell(values[times.length - 1] ?? 0)}</td>
          <td>{spell(Math.max(0, ...values.map((value) => value ?? 0)))}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

const DAY_SECONDS = 86_400;

/** A time of day, and at midnight the day. */
function toTick(at: number, step: number): string {
  const date = new Date(at * 1_000);
  const isMidnight = date.getHours() === 0 && date.getMinutes() === 0;
  if (step >= DAY_SECONDS || isMidnight) return toDay(at * 1_000).slice(5);
  const time = date.toTimeString();
  return step < 60 ? time.slice(0, 8) : time.slice(0, 5);
}
