import type { Cause, DeadLetterGroup } from '@/api/types';
import { CAUSES, namesOf } from '@/lib/vocabulary';

/** Which letters the address says to show: those of a group, or all. */
export interface View {
  cause: Cause | undefined;
  provider: string | undefined;
  day: string | undefined;
  cursor: string | undefined;
}

export function viewOf(parameters: URLSearchParams): View {
  const cause = parameters.get('cause');
  return {
    cause: namesOf(CAUSES).find((name) => name === cause),
    provider: parameters.get('provider') ?? undefined,
    day: parameters.get('day') ?? undefined,
    cursor: parameters.get('cursor') ?? undefined,
  };
}

/** The address's part that shows a group; of null, all. */
export function parametersOf(group: DeadLetterGroup | null): Record<string, string> {
  if (group === null) return {};
  const { cause, day, provider } = group;
  return { cause, day, ...(provider !== null && { provider }) };
}

export function shows(view: View, group: DeadLetterGroup): boolean {
  return (
    view.cause === group.cause && view.day === group.day && view.provider === (group.provider ?? undefined)
  );
}
