// Whether a person sees what is written in a style: by display, size, place, clipping, or a colour like that behind it.
import { type Colour, isAlike, parseColour, WHITE } from './colours.ts';
import { plainStyle } from './css-text.ts';

const SIZE = '(?:px|pt|em|rem|%|vw|vh|ex|ch)?';
const FAR = `-?(?:\\d{4,}(?:\\.\\d+)?${SIZE}|[5-9]\\d\\d(?:\\.\\d+)?${SIZE}|(?:9[5-9]|[1-9]\\d\\d+)(?:\\.\\d+)?(?:vw|vh|em|rem))`;
const HIDING = new RegExp(
  [
    'display:none', 'visibility:(?:hidden|collapse)', '(?<![\\w-])opacity:(?:0?\\.0\\d*|0)%?(?![\\d.])', `font-size:(?:0|1|2|0?\\.\\d+)${SIZE}(?![\\d.])`, `font:[^;]{0,30}?(?<![\\d.])(?:0|1|0?\\.\\d+)${SIZE}(?:/[^ ;]{1,10})? `,
    '(?<!-)color:transparent', 'text-fill-color:transparent', `(?<![\\w-])(?:left|top|right|bottom|inset|text-indent|margin-left|margin-top|margin-right):-\\d{3,}`, `(?<![\\w-])(?:left|top|right|bottom|text-indent):${FAR}(?![\\d.])`,
    `translate(?:x|y|3d)?[(:][^;]{0,30}?-?(?:\\d{4,}|[5-9]\\d\\d|[1-9]\\d\\d+(?:vw|vh|%))`, 'clip:rect\\((?:0|1px)', 'clip-path:(?:inset\\((?:50|100)%|circle\\(0|polygon\\((?:0(?:px|%)? 0(?:px|%)?,?){3,}\\))',
    '(?:max-)?height:[01](?:px)?(?![\\d.])', '(?<![\\w-])(?:max-)?width:[01](?:px)?(?![\\d.%])', 'scale(?:x|y|3d)?[(:]0(?:\\.0\\d*)?(?![\\d.])', 'mso-hide:all', 'line-height:0(?![\\d.])', 'z-index:-\\d+', 'content-visibility:hidden', 'filter:opacity\\(0?(?:\\.0\\d*)?%?\\)',
    'mask(?:-image)?:linear-gradient\\((?:[^;]{0,40},)?transparent,transparent\\)', 'letter-spacing:-(?:\\d+em|[1-9]\\d+px)',
  ].join('|'),
); // prettier-ignore

export interface Ground {
  /** Colour of letters and of what is behind them, where it is known. */
  readonly ink: Colour | undefined;
  readonly paper: Colour | undefined;
}

export const PAGE: Ground = { ink: [0, 0, 0], paper: WHITE };

const lastOf = (style: string, pattern: RegExp): string | undefined => [...style.matchAll(pattern)].at(-1)?.[1]?.trim();

/** Colours of an element with that style on that ground. */
export function groundOf(style: string, outer: Ground): Ground {
  const ink = lastOf(style, /(?<![\w-])color:([^;}]{3,60})/g);
  const paper = lastOf(style, /(?<![\w-])background(?:-color)?:([^;}]{3,200})/g);
  const parsedInk = ink === undefined ? undefined : parseColour(ink);
  const parsedPaper = paper === undefined ? undefined : (parseColour(paper) ?? coloursIn(paper));
  return {
    ink: ink === undefined ? outer.ink : parsedInk === 'transparent' ? undefined : parsedInk,
    paper: paper === undefined || parsedPaper === 'transparent' ? outer.paper : parsedPaper,
  };
}

/** The one colour in a list of other things, such as `#fff url(…) no-repeat`; a picture or a gradient says nothing. */
function coloursIn(list: string): Colour | undefined {
  if (/url\(|gradient\(/.test(list)) return undefined;
  const found = list
    .split(' ')
    .map(parseColour)
    .find((colour) => colour !== undefined);
  return found === 'transparent' ? undefined : found;
}

/** Whether a person sees nothing of what stands in an element of that style, on that ground. Takes `plainStyle`. */
export function hides(style: string, ground: Ground): boolean {
  if (style === '') return false;
  if (HIDING.test(`${style};`)) return true;
  const { ink, paper } = groundOf(style, ground);
  return /(?<![\w-])(?:color|background(?:-color)?):/.test(style) && ink !== undefined && paper !== undefined && isAlike(ink, paper);
}

/** The same for a style as it is written, on a white page. */
export const isHiding = (style: string): boolean => hides(plainStyle(style), PAGE);
