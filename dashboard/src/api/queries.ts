import { keepPreviousData, queryOptions, type Query } from '@tanstack/react-query';
import { isUnfinished } from '@/lib/vocabulary';
import { answerOf, api } from './client';
import { ApiError, waitAfter } from './errors';
import { useFeed } from './feed';
import type {
  Cause,
  Channel,
  DeliveryStatus,
  NotificationDetail,
  NotificationPage,
  Priority,
  ShownDelivery,
  Status,
  TemplateSource,
} from './types';

const SECOND = 1000;
const OVERVIEW_EVERY_SECONDS = 5;

/**
 * The time until the next refresh: the wait that the API asked for, else the usual one; false if another request would
 * change nothing. Hidden tabs do not refresh.
 */
const every =
  (seconds: number) =>
  // Queries of any type are accepted, since only the error is read.
  ({ state }: { state: { error: Error | null } }): number | false => {
    if (state.error instanceof ApiError && !state.error.isTemporary) return false;
    return Math.max(seconds, waitAfter(state.error) ?? 0) * SECOND;
  };

/** The same for what the feed tells of: while it does, only what failed is asked for again. */
const everyUnlessFollowed =
  (seconds: number) =>
  ({ state }: { state: { data: unknown; error: Error | null } }): number | false =>
    useFeed.getState().follows && state.data !== undefined && state.error === null
      ? false
      : every(seconds)({ state });

/** Marks live queries; the oldest one decides how fresh a page is. */
const live = { meta: { live: true } };
/** Marks live queries that are fetched anew when there are events. */
const followed = { meta: { live: true, followed: true } };
const refreshed = { refetchInterval: every(OVERVIEW_EVERY_SECONDS), ...live };

export const statisticsQuery = queryOptions({
  queryKey: ['statistics'],
  queryFn: async ({ signal }) =>
    (await answerOf(api.GET('/api/notifications/stats/system', { signal }))).data,
  ...refreshed,
});

export const minutesQuery = queryOptions({
  queryKey: ['minutes'],
  queryFn: async ({ signal }) =>
    (await answerOf(api.GET('/api/notifications/stats/minutes', { signal }))).data,
  ...refreshed,
});

export const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: async ({ signal }) => (await answerOf(api.GET('/api/providers', { signal }))).data,
  ...refreshed,
});

export interface NotificationFilter {
  status?: Status | undefined;
  type?: Channel | undefined;
  priority?: Priority | undefined;
  recipient?: string | undefined;
  /** Created at or after, and before: moments of RFC 3339. */
  since?: string | undefined;
  until?: string | undefined;
  cursor?: string | undefined;
  limit: number;
}

/** Statuses that a notification gets without an event: what is unfinished may get one of them at any time. */
const WITHOUT_EVENT: readonly (Status | undefined)[] = ['PENDING', 'PROCESSING'];

export function notificationsQuery(filter: NotificationFilter) {
  return queryOptions({
    queryKey: ['notifications', filter],
    queryFn: async ({ signal }) =>
      (await answerOf(api.GET('/api/notifications', { params: { query: filter }, signal }))).data,
    placeholderData: keepPreviousData,
    refetchInterval: (query: Query<NotificationPage>) => {
      const shown = query.state.data?.notifications.map(({ status }) => status) ?? [];
      const mayChange = shown.some(isUnfinished) || WITHOUT_EVENT.includes(filter.status);
      return (mayChange ? every : everyUnlessFollowed)(OVERVIEW_EVERY_SECONDS)(query);
    },
    ...followed,
  });
}

const LIVE_SECONDS = 2;
/** Statuses that may change; a sent notification may still be reported as delivered. */
const FINISHED_SECONDS = 10;

export function notificationQuery(id: string) {
  return queryOptions({
    queryKey: ['notification', id],
    queryFn: async ({ signal }) =>
      (
        await answerOf(
          api.GET('/api/notifications/{notification_id}', {
            params: { path: { notification_id: id } },
            signal,
          }),
        )
      ).data,
    refetchInterval: (query: Query<NotificationDetail>) => {
      const status = query.state.data?.notification.status;
      const isFinished = status !== undefined && !isUnfinished(status);
      return isFinished ? everyUnlessFollowed(FINISHED_SECONDS)(query) : every(LIVE_SECONDS)(query);
    },
    ...followed,
  });
}

export const deadLetterGroupsQuery = queryOptions({
  queryKey: ['dead-letters', 'groups'],
  queryFn: async ({ signal }) => (await answerOf(api.GET('/api/dlq', { signal }))).data,
  refetchInterval: everyUnlessFollowed(OVERVIEW_EVERY_SECONDS),
  ...followed,
});

export interface DeadLetterFilter {
  cause?: Cause | undefined;
  provider?: string | undefined;
  day?: string | undefined;
  cursor?: string | undefined;
  limit: number;
}

export async function deadLetters(filter: DeadLetterFilter, signal?: AbortSignal) {
  return (
    await answerOf(api.GET('/api/dlq/notifications', { params: { query: filter }, signal: signal ?? null }))
  ).data;
}

export function deadLettersQuery(filter: DeadLetterFilter) {
  return queryOptions({
    queryKey: ['dead-letters', 'letters', filter],
    queryFn: ({ signal }) => deadLetters(filter, signal),
    placeholderData: keepPreviousData,
    refetchInterval: everyUnlessFollowed(OVERVIEW_EVERY_SECONDS),
    ...followed,
  });
}

export const policyQuery = queryOptions({
  queryKey: ['policy'],
  queryFn: async ({ signal }) => (await answerOf(api.GET('/api/policy', { signal }))).data,
});

export const sendersQuery = queryOptions({
  queryKey: ['senders'],
  queryFn: async ({ signal }) => (await answerOf(api.GET('/api/senders', { signal }))).data,
});

export const categoriesQuery = queryOptions({
  queryKey: ['preferences', 'categories'],
  queryFn: async ({ signal }) => (await answerOf(api.GET('/api/categories', { signal }))).data,
});

export interface WhosePreferences {
  type: Channel;
  recipient: string;
}

export const preferencesQuery = ({ type, recipient }: WhosePreferences) =>
  queryOptions({
    queryKey: ['preferences', type, recipient],
    queryFn: async ({ signal }) =>
      (await answerOf(api.GET('/api/preferences', { params: { query: { recipient, type } }, signal }))).data,
  });

export const templatesQuery = (cursor?: string) =>
  queryOptions({
    queryKey: ['templates', 'list', cursor],
    queryFn: async ({ signal }) =>
      (await answerOf(api.GET('/api/templates', { params: { query: { cursor, limit: 50 } }, signal }))).data,
    placeholderData: keepPreviousData,
  });

export const templateQuery = (id: string) =>
  queryOptions({
    queryKey: ['templates', id],
    queryFn: async ({ signal }) =>
      (
        await answerOf(
          api.GET('/api/templates/{template_id}', { params: { path: { template_id: id } }, signal }),
        )
      ).data,
  });

/** A version, which never changes. */
export const versionQuery = (id: string, number: number) =>
  queryOptions({
    queryKey: ['template-version', id, number],
    queryFn: async ({ signal }) =>
      (
        await answerOf(
          api.GET('/api/templates/{template_id}/versions/{number}', {
            params: { path: { template_id: id, number } },
            signal,
          }),
        )
      ).data,
    staleTime: Infinity,
  });

/** The newest versions of a template, without their source. */
export const versionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['templates', id, 'versions'],
    queryFn: async ({ signal }) =>
      (
        await answerOf(
          api.GET('/api/templates/{template_id}/versions', {
            params: { path: { template_id: id }, query: { limit: 20 } },
            signal,
          }),
        )
      ).data.versions,
  });

/** What became of each of the texts that a version compares. */
export const resultsQuery = (id: string, number: number) =>
  queryOptions({
    queryKey: ['templates', id, 'results', number],
    queryFn: async ({ signal }) =>
      (
        await answerOf(
          api.GET('/api/templates/{template_id}/versions/{number}/results', {
            params: { path: { template_id: id, number } },
            signal,
          }),
        )
      ).data,
  });

export interface Shown {
  source: TemplateSource;
  locale: string;
  variables: Record<string, unknown>;
}

/** What a source that is not stored would send. It is asked once more only when something has changed. */
export const previewQuery = (id: string, shown: Shown) =>
  queryOptions({
    queryKey: ['templates', id, 'preview', shown],
    queryFn: async ({ signal }) =>
      (
        await answerOf(
          api.POST('/api/templates/{template_id}/preview', {
            params: { path: { template_id: id } },
            body: shown,
            signal,
          }),
        )
      ).data,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: Infinity,
  });

export const endpointsQuery = queryOptions({
  queryKey: ['webhooks'],
  queryFn: async ({ signal }) => (await answerOf(api.GET('/api/webhooks', { signal }))).data,
  ...refreshed,
});

export const endpointQuery = (id: string) =>
  queryOptions({
    queryKey: ['webhooks', id],
    queryFn: async ({ signal }) =>
      (
        await answerOf(
          api.GET('/api/webhooks/{endpoint_id}', { params: { path: { endpoint_id: id } }, signal }),
        )
      ).data,
    ...refreshed,
  });

export interface DeliveryFilter {
  status?: DeliveryStatus | undefined;
  cursor?: string | undefined;
}

export const deliveriesQuery = (id: string, filter: DeliveryFilter) =>
  queryOptions({
    queryKey: ['webhooks', id, 'deliveries', filter],
    queryFn: async ({ signal }) =>
      (
        await answerOf(
          api.GET('/api/webhooks/{endpoint_id}/deliveries', {
            params: { path: { endpoint_id: id }, query: filter },
            signal,
          }),
        )
      ).data,
    placeholderData: keepPreviousData,
    ...refreshed,
  });

/** A delivery with what was sent; it is asked for often while it waits. */
export const deliveryQuery = (id: string, eventId: string) =>
  queryOptions({
    queryKey: ['webhooks', id, 'delivery', eventId],
    queryFn: async ({ signal }) =>
      (
        await answerOf(
          api.GET('/api/webhooks/{endpoint_id}/deliveries/{event_id}', {
            params: { path: { endpoint_id: id, event_id: eventId } },
            signal,
          }),
        )
      ).data,
    refetchInterval: (query: Query<ShownDelivery>) =>
      every(query.state.data?.status === 'pending' ? LIVE_SECONDS : FINISHED_SECONDS)(query),
    ...live,
  });
