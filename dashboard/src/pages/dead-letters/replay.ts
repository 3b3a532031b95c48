import { replayDeadLetters } from '@/api/actions';
import { waitAfter } from '@/api/errors';
import { deadLetters } from '@/api/queries';
import type { DeadLetterGroup, ReplayResult } from '@/api/types';
import { randomKey } from '@/lib/random-key';

/** Which dead letters: some by their ids, or a group. `count` is how many there were when it was chosen. */
export type Target =
  | { kind: 'ids'; ids: readonly string[]; count: number }
  | { kind: 'group'; group: DeadLetterGroup; count: number }
  | { kind: 'all'; count: number };

export interface Progress {
  results: readonly ReplayResult[];
  /** Until when it waits because live traffic goes first, in milliseconds since 1970; null while it works. */
  waitsUntil: number | null;
}

interface Run {
  dryRun: boolean;
  reason: string;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

const AT_ONCE = 100;

/**
 * Replays batch after batch, or says what a replay would do, and reports after each.
 *
 * What fails again meanwhile has a later failure than all that is still to come, so it is not met a second time.
 * A batch that got no answer is repeated under its key, which replays nothing twice. Throws what the API refuses.
 */
export async function replay(target: Target, { dryRun, reason, signal, onProgress }: Run): Promise<void> {
  const results: ReplayResult[] = [];
  for await (const ids of batches(target, signal)) {
    const key = randomKey();
    for (;;) {
      signal.throwIfAborted();
      try {
        const answer = await replayDeadLetters({ ids, dryRun, ...(reason !== '' && { reason }) }, key);
        results.push(...answer.results);
        onProgress({ results: [...results], waitsUntil: null });
        break;
      } catch (error) {
        const seconds = waitAfter(error);
        if (seconds === undefined) throw error;
        onProgress({ results: [...results], waitsUntil: Date.now() + seconds * 1000 });
        await pause(seconds, signal);
      }
    }
  }
}

async function* batches(target: Target, signal: AbortSignal): AsyncGenerator<string[]> {
  if (target.kind === 'ids') {
    for (let start = 0; start < target.ids.length; start += AT_ONCE) {
      yield target.ids.slice(start, start + AT_ONCE);
    }
    return;
  }
  const group = target.kind === 'group' ? target.group : undefined;
  let cursor: string | undefined;
  do {
    const page = await deadLetters(
      {
        cause: group?.cause,
        provider: group?.provider ?? undefined,
        day: group?.day,
        cursor,
        limit: AT_ONCE,
      },
      signal,
    );
    // The API cannot be asked for those that no provider was asked for.
    const wanted = page.notifications.filter(
      (each) => group?.provider !== null || each.provider === undefined,
    );
    if (wanted.length > 0) yield wanted.map((each) => each._id);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
