// j and k through the rows of the table that is on the page, Enter or o to open one, g and G to its ends.
import { useEffect, useState, type RefObject } from 'react';
import { isTyping } from '../shell/typing.ts';

interface RowKeys {
  readonly count: number;
  readonly scroller: RefObject<HTMLElement | null>;
  readonly scrollTo: (at: number) => void;
  readonly open: (at: number) => void;
}

/** The index of the row that the keys are at; -1 before the first press, and after Escape. */
export function useRowKeys({ count, scroller, scrollTo, open }: RowKeys): number {
  const [active, setActive] = useState(-1);
  useEffect(() => {
    const go = (to: number): void => {
      setActive(to);
      scrollTo(to);
      // The row is drawn after it was scrolled to.
      requestAnimationFrame(() => {
        scroller.current?.querySelector<HTMLElement>(`[data-at="${to}"]`)?.focus({ preventScroll: true });
      });
    };
    const onKey = (event: KeyboardEvent): void => {
      if (count === 0 || isTyping(event)) return;
      const to = target(event.key, { active, count });
      if (to !== undefined) {
        event.preventDefault();
        go(to);
      } else if (event.key === 'Escape') setActive(-1);
      else if (event.key === 'o' && active >= 0) open(active);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [active, count, open, scrollTo, scroller]);
  return active;
}

function target(key: string, { active, count }: { readonly active: number; readonly count: number }): number | undefined {
  if (key === 'j') return Math.min(active + 1, count - 1);
  if (key === 'k') return Math.max(active - 1, 0);
  return key === 'G' ? count - 1 : undefined;
}
