// The few signs of the console, drawn on a grid of 16. All are decoration: the words beside them carry the meaning.
import type { ReactNode } from 'react';

const PATHS = {
  live: <path d="M1.5 8h3l2-5 3 10 2-5h3" />,
  requests: <path d="M2 4h12M2 8h12M2 12h8" />,
  findings: (
    <>
      <circle cx="7" cy="7" r="4.5" />
      <path d="m10.5 10.5 3.5 3.5" />
    </>
  ),
  keys: (
    <>
      <circle cx="5" cy="11" r="3" />
      <path d="m7.2 8.8 6.3-6.3M11 5l2 2" />
    </>
  ),
  policy: <path d="M8 1.5 13.5 4v4c0 3.5-2.3 5.6-5.5 6.5C4.8 13.6 2.5 11.5 2.5 8V4z" />,
  kill: (
    <>
      <path d="M8 1.5v6" />
      <path d="M4.5 3.8a5.5 5.5 0 1 0 7 0" />
    </>
  ),
  ledger: (
    <>
      <path d="M3 2h9a1 1 0 0 1 1 1v11H4a1 1 0 0 1-1-1z" />
      <path d="M6 5.5h4M6 8.5h4" />
    </>
  ),
  playground: <path d="M6 2v4.5L2.5 13a1 1 0 0 0 1 1.5h9a1 1 0 0 0 1-1.5L10 6.5V2M5 2h6M4.5 10h7" />,
  health: <path d="M2.5 13.5v-4M6.2 13.5v-7M9.8 13.5v-5M13.5 13.5v-11" />,
  start: <path d="M3 14V2M3 3h9l-2 3 2 3H3" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.5" />
      <path d="m10.5 10.5 3.5 3.5" />
    </>
  ),
  menu: <path d="M2 4h12M2 8h12M2 12h12" />,
  close: <path d="m3.5 3.5 9 9M12.5 3.5l-9 9" />,
  pause: <path d="M5.5 3v10M10.5 3v10" />,
  play: <path d="M4.5 2.5v11l9-5.5z" />,
  copy: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1" />
      <path d="M10.5 5.5v-3h-8v8h3" />
    </>
  ),
  check: <path d="m3 8.5 3.2 3.2L13 4.8" />,
  down: <path d="m4 6 4 4 4-4" />,
  right: <path d="m6 4 4 4-4 4" />,
  export: <path d="M8 2v8M4.5 6.5 8 10l3.5-3.5M2.5 13.5h11" />,
  plus: <path d="M8 3v10M3 8h10" />,
  sun: (
    <>
      <circle cx="8" cy="8" r="3" />
      <path d="M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1" />
    </>
  ),
  moon: <path d="M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z" />,
  system: (
    <>
      <rect x="1.5" y="2.5" width="13" height="9" rx="1" />
      <path d="M5.5 14h5" />
    </>
  ),
  filter: <path d="M2 3.5h12M4.5 8h7M6.5 12.5h3" />,
  refresh: <path d="M13.5 7.5a5.5 5.5 0 1 0-1.6 4.4M13.5 3.5v4h-4" />,
  out: <path d="M6 2.5H2.5v11H6M10 5l3 3-3 3M13 8H6" />,
} satisfies Readonly<Record<string, ReactNode>>;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    {PATHS[name]}
  </svg>
);
