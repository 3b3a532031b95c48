import { useQuery, useQueryClient, type QueryKey, type UseQueryOptions } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { follow, useFeed } from './feed';

/** The state of a query that is refreshed automatically. */
export interface Live<T> {
  data: T | undefined;
  error: Error | null;
  /** The time at which `data` came, in milliseconds since 1970. */
  dataUpdatedAt: number;
  /** True if `data` is from the previous view, while this one's is being loaded. */
  isPlaceholderData: boolean;
  refetch: () => void;
}

/**
 * `useQuery` for what is refreshed: while there is no data, the last error stays until there is some, instead of
 * giving way to the loading state with every try. What is marked as followed is fetched when events tell of a change.
 */
export function useLive<T, K extends QueryKey>(options: UseQueryOptions<T, Error, T, K>): Live<T> {
  useFollowed(options.meta?.followed === true);
  const { data, error, dataUpdatedAt, isPlaceholderData, refetch } = useQuery(options);
  const view = JSON.stringify(options.queryKey);
  const [last, setLast] = useState<{ view: string; error: Error | null }>({ view, error: null });
  const kept = data === undefined && last.view === view ? last.error : null;
  const shown = error ?? kept;
  if (last.view !== view || last.error !== shown) setLast({ view, error: shown });
  return { data, error: shown, dataUpdatedAt, isPlaceholderData, refetch: () => void refetch() };
}

/** Follows the feed while the view is shown, and renders again when that begins or ends: intervals depend on it. */
function useFollowed(isFollowed: boolean): void {
  const queries = useQueryClient();
  useFeed(({ follows }) => follows && isFollowed);
  useEffect(() => (isFollowed ? follow(queries) : undefined), [queries, isFollowed]);
}
