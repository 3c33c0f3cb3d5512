// Real time behind the rooms' wish to do something later.

/** Runs `then` after a while, or in the next turn of the event loop for 0. Returns the way to call it off. */
export function after(ms: number, then: () => void): () => void {
  if (ms === 0) {
    const immediate = setImmediate(then);
    return () => clearImmediate(immediate);
  }
  const timer = setTimeout(then, ms);
  return () => clearTimeout(timer);
}

/** Runs `then` again and again. Returns the way to end it. */
export function every(ms: number, then: () => void): () => void {
  const timer = setInterval(then, ms);
  return () => clearInterval(timer);
}

/** Waits for work, but no longer than that. Throws what the work throws, or that it took too long: then it goes on by itself. */
export async function inTime(ms: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`it took longer than ${ms} ms`)), ms);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
