import type { DeadLetterFilter } from '@/api/queries';
import type { Cause, DeadLetterGroup, Notification } from '@/api/types';
import { CAUSES, namesOf } from '@/lib/vocabulary';

/** The letters that the address selects: those of a group, or all. */
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

/** In the address: no provider was asked. The API has no such filter, and no provider can have that name. */
const NO_PROVIDER = '-';

/** The address's part that shows a group; of null, all. */
export function parametersOf(group: DeadLetterGroup | null): Record<string, string> {
  if (group === null) return {};
  return { cause: group.cause, day: group.day, provider: group.provider ?? NO_PROVIDER };
}

export function shows(view: View, group: DeadLetterGroup): boolean {
  return (
    view.cause === group.cause && view.day === group.day && view.provider === (group.provider ?? NO_PROVIDER)
  );
}

/** The parameters of the API call. */
export function filterOf({ cause, provider, day, cursor }: View, limit: number): DeadLetterFilter {
  return { cause, day, cursor, limit, provider: provider === NO_PROVIDER ? undefined : provider };
}

/** Returns whether a letter belongs to the view; the API has no filter for letters without a provider. */
export function belongs(view: View, letter: Notification): boolean {
  return view.provider !== NO_PROVIDER || letter.provider === undefined;
}

/** The view of all letters of a group. */
export function viewOfGroup(group: DeadLetterGroup | undefined): View {
  return viewOf(new URLSearchParams(parametersOf(group ?? null)));
}
