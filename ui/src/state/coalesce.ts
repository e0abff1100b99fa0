// Many changes, few reads: a first sync announces thousands of records, and the screen is read again a few times a second.

/**
 * Returns a function that runs `work` soon after it is called, once for all calls meanwhile, never twice at a time
 * and never more often than every `betweenMs`.
 */
export function coalesce(work: () => Promise<void> | void, betweenMs = 200, soonMs = 20): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = false;
  let again = false;
  let lastEnd = -Infinity;

  const run = async () => {
    timer = undefined;
    running = true;
    try {
      await work();
    } finally {
      running = false;
      lastEnd = performance.now();
      if (again) {
        again = false;
        schedule();
      }
    }
  };
  const schedule = () => {
    if (running) {
      again = true;
    } else if (timer === undefined) {
      const rest = betweenMs - (performance.now() - lastEnd);
      timer = setTimeout(() => void run(), Math.max(soonMs, rest));
    }
  };
  return schedule;
}
