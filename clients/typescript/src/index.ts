/** The client of WaveCom, a notification service; docs/clients.md tells how to use it. */

export type { CreateOptions, Raw } from './api.js';
export { WaveCom } from './client.js';
export type { DeliveryFilter, EndpointWithSecret, Recovery } from './endpoints.js';
export {
  AccessError,
  ApiError,
  ConflictError,
  ConnectionFailedError,
  CursorExpiredError,
  InvalidRequestError,
  NoAnswerError,
  NotFoundError,
  PartialBatchError,
  RateLimitedError,
  TimedOutError,
  UnavailableError,
  UnexpectedAnswerError,
  WaveComError,
  WebhookVerificationError,
} from './errors.js';
export { isNotificationEvent } from './events.js';
export type { Event, NotificationData, NotificationEvent, OtherEvent } from './events.js';
export type { EventPage, Events, FeedOptions } from './feed.js';
export type { CallOptions, Runtime, WaveComOptions } from './http.js';
export type { Created, CreatedBatch, NotificationFilter, Notifications } from './notifications.js';
export type { ListOptions, Page, Pages } from './pages.js';
export type { DeadLetterFilter, SuppressionFilter } from './resources.js';
export type { Retries } from './retries.js';
export type { components, paths } from './schema.js';
export type * from './types.js';
export { VERSION } from './version.js';
export { verifyWebhook } from './webhooks.js';
export type { WebhookHeaders } from './webhooks.js';
