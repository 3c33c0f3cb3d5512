// How wide an element is, kept up to date.
import { useLayoutEffect, useState, type RefObject } from 'react';

/** Pixels; as wide as the window before it was measured. */
export function useWidth(of: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(innerWidth);
  useLayoutEffect(() => {
    const { current } = of;
    if (current === null) return undefined;
    const watch = new ResizeObserver(() => setWidth(current.clientWidth));
    setWidth(current.clientWidth);
    watch.observe(current);
    return () => watch.disconnect();
  }, [of]);
  return width;
}
