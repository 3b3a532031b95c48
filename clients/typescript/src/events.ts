/** Events: each is one change of something, as the feed and the webhooks tell it. */

import { asObject } from './retries.js';
import type { Channel, EventType, Status } from './types.js';

/** The data of an event about a notification; `sequence` orders the events of one notification. */
export interface NotificationData {
  notificationId: string;
  channel: Channel;
  status: Status;
  sequence: number;
  cause: string | null;
  provider: string | null;
  template: { id: string; version: number } | null;
  metadata?: Record<string, unknown>;
}

interface AnyEvent {
  /** The same whenever the event comes again, and it may come again. */
  id: string;
  timestamp: Date;
  /**
   * Where a reader of the feed goes on once it has handled this event: store it with what you make of the event. A webhook
   * has none.
   */
  cursor: string | undefined;
}

/** A change of a notification's status. */
export interface NotificationEvent extends AnyEvent {
  type: Extract<EventType, `notification.${string}`>;
  data: NotificationData;
}

/** Any other event. */
export interface OtherEvent extends AnyEvent {
  type: string;
  data: Record<string, unknown>;
}

export type Event = NotificationEvent | OtherEvent;

/** Return whether an event tells a change of a notification's status. */
export function isNotificationEvent(event: Event): event is NotificationEvent {
  return event.type.startsWith('notification.') && typeof event.data.notificationId === 'string';
}

/** Return an event of its JSON, undefined if it is none. */
export function eventOf(body: unknown): Event | undefined {
  const { id, type, timestamp, data, cursor } = asObject(body) ?? {};
  const at = typeof timestamp === 'string' ? new Date(timestamp) : new Date(Number.NaN);
  const fields = asObject(data);
  if (typeof id !== 'string' || typeof type !== 'string' || !fields || Number.isNaN(at.getTime())) {
    return undefined;
  }
  return { id, type, timestamp: at, data: fields, cursor: typeof cursor === 'string' ? cursor : undefined };
}
