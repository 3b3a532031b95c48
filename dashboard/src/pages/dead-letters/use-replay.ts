import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { replay, type Progress, type Target } from './replay';

export type ReplayState =
  | { step: 'asking' }
  | { step: 'running' | 'done' | 'stopped'; dryRun: boolean; progress: Progress }
  | { step: 'failed'; dryRun: boolean; progress: Progress; error: unknown };

const NOTHING: Progress = { results: [], waitsUntil: null };

/** Runs a replay, one at a time, and says how far it is. Leaving the page stops it after the batch under way. */
export function useReplay(target: Target) {
  const [state, setState] = useState<ReplayState>({ step: 'asking' });
  const abort = useRef<AbortController | null>(null);
  const queries = useQueryClient();
  useEffect(
    () => () => {
      abort.current?.abort();
    },
    [],
  );

  const start = async (dryRun: boolean, reason: string) => {
    const controller = new AbortController();
    abort.current = controller;
    let progress = NOTHING;
    setState({ step: 'running', dryRun, progress });
    try {
      await replay(target, {
        dryRun,
        reason,
        signal: controller.signal,
        onProgress: (reached) => {
          progress = reached;
          setState({ step: 'running', dryRun, progress });
        },
      });
      setState({ step: 'done', dryRun, progress });
    } catch (error) {
      if (controller.signal.aborted) setState({ step: 'stopped', dryRun, progress });
      else setState({ step: 'failed', dryRun, progress, error });
    }
    void queries.invalidateQueries({ queryKey: ['dead-letters'] });
  };

  return {
    state,
    start: (dryRun: boolean, reason: string) => void start(dryRun, reason),
    stop: () => abort.current?.abort(),
  };
}
