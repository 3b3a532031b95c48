import { replayDeadLetters } from '@/api/actions';
import { UnreachableError, waitAfter } from '@/api/errors';
import { deadLetters } from '@/api/queries';
import type { DeadLetterGroup, ReplayResult } from '@/api/types';
import { randomKey } from '@/lib/random-key';
import { belongs, filterOf, viewOfGroup } from './view';

/** The dead letters to replay: some by id, or a group. `count` is their number at the time of the choice. */
export type Target =
  | { kind: 'ids'; ids: readonly string[]; count: number }
  | { kind: 'group'; group: DeadLetterGroup; count: number }
  | { kind: 'all'; count: number };

export interface Progress {
  results: readonly ReplayResult[];
  /** The end of its wait for the API (postponed or no answer), in milliseconds since 1970; null while it works. */
  waitsUntil: number | null;
}

interface Run {
  dryRun: boolean;
  reason: string;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

const AT_ONCE = 100;
/** Seconds to wait after no answer, and how often that may happen in a row. */
const NO_ANSWER_SECONDS = 3;
const NO_ANSWERS = 5;

/**
 * Replays batch after batch, or says what a replay would do, and reports after each.
 *
 * A letter that fails again has a later failure than all remaining ones, so it is not reached a second time. A call that
 * the API postpones or does not answer is repeated; a batch keeps its key, so nothing is replayed twice. Throws the
 * error of a final refusal.
 */
export async function replay(target: Target, { dryRun, reason, signal, onProgress }: Run): Promise<void> {
  const results: ReplayResult[] = [];
  const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (let noAnswers = 0; ;) {
      signal.throwIfAborted();
      try {
        return await ask();
      } catch (error) {
        if (error instanceof UnreachableError) noAnswers += 1;
        const seconds = error instanceof UnreachableError ? NO_ANSWER_SECONDS : waitAfter(error);
        if (seconds === undefined || noAnswers > NO_ANSWERS) throw error;
        onProgress({ results: [...results], waitsUntil: Date.now() + seconds * 1000 });
        await pause(seconds, signal);
      }
    }
  };
  for await (const ids of batches(target, patiently, signal)) {
    const key = randomKey();
    const body = { ids, dryRun, ...(reason !== '' && { reason }) };
    const answer = await patiently(() => replayDeadLetters(body, key));
    results.push(...answer.results);
    onProgress({ results: [...results], waitsUntil: null });
  }
}

type Patiently = <T>(ask: () => Promise<T>) => Promise<T>;

async function* batches(target: Target, patiently: Patiently, signal: AbortSignal): AsyncGenerator<string[]> {
  if (target.kind === 'ids') {
    for (let start = 0; start < target.ids.length; start += AT_ONCE) {
      yield target.ids.slice(start, start + AT_ONCE);
    }
    return;
  }
  let view = viewOfGroup(target.kind === 'group' ? target.group : undefined);
  do {
    const shown = view;
    const page = await patiently(() => deadLetters(filterOf(shown, AT_ONCE), signal));
    const wanted = page.notifications.filter((each) => belongs(shown, each));
    if (wanted.length > 0) yield wanted.map((each) => each._id);
    view = { ...shown, cursor: page.nextCursor ?? undefined };
  } while (view.cursor !== undefined);
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
