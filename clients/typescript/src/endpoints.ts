/**
 * Endpoints of webhooks: make and change them, try them, and look at what was sent to them. All methods throw
 * `WaveComError`.
 *
 * No call here takes an idempotency key, so those that change something are not repeated once they may have arrived.
 */

import { ending, moment, Resource, segment, take, takeData } from './api.js';
import { UnexpectedAnswerError } from './errors.js';
import type { CallOptions } from './http.js';
import { at, Pages } from './pages.js';
import type { ListOptions } from './pages.js';
import type {
  ChangeEndpoint,
  CreateEndpoint,
  DeliveryStatus,
  Endpoint,
  RecoverEndpoint,
  SentTest,
  ShownWebhookDelivery,
  StartedRecovery,
  WebhookDelivery,
} from './types.js';

/** An endpoint, and the secret (`whsec_…`) that `verifyWebhook` needs. No later answer shows it: store it. */
export interface EndpointWithSecret {
  id: string;
  /** Without the secret, so that it can be logged. */
  endpoint: Endpoint;
  secret: string;
}

/** What is to be delivered: everything that failed or was missed since a time, up to 14 days ago. */
export interface Recovery extends Omit<RecoverEndpoint, 'since'> {
  since: Date | string;
}

export interface DeliveryFilter extends ListOptions {
  /** `pending` or `failed`, to see only those. */
  status?: DeliveryStatus;
}

/** Endpoints of webhooks: `client.webhooks`. */
export class Webhooks extends Resource {
  /** List your endpoints, 20 at the most, in the order of their ids. */
  list(options: CallOptions = {}): Pages<Endpoint> {
    return new Pages(async () => ({
      items: await takeData(this.api.raw.GET('/api/webhooks', ending(options))),
      nextCursor: null,
    }));
  }

  /**
   * Make an endpoint, which gets events from five seconds later. Throws `ConflictError` if you have 20.
   *
   * If there is no answer, it may have been made: look in `list`, and `rotate` gives it a secret that you know.
   */
  async create(endpoint: CreateEndpoint, options: CallOptions = {}): Promise<EndpointWithSecret> {
    return withSecret(
      await takeData(this.api.raw.POST('/api/webhooks', { body: endpoint, ...ending(options) })),
    );
  }

  /** Get an endpoint, without its secret. */
  async get(id: string, options: CallOptions = {}): Promise<Endpoint> {
    const path = { endpoint_id: segment(id) };
    return takeData(
      this.api.raw.GET('/api/webhooks/{endpoint_id}', { params: { path }, ...ending(options) }),
    );
  }

  /**
   * Change an endpoint; what is left out stays as it is. `{ enabled: true }` enables one that was disabled. Throws
   * `ConflictError` if somebody else changed it at the same time.
   */
  async update(id: string, change: ChangeEndpoint, options: CallOptions = {}): Promise<Endpoint> {
    const path = { endpoint_id: segment(id) };
    return takeData(
      this.api.raw.PATCH('/api/webhooks/{endpoint_id}', {
        params: { path },
        body: change,
        ...ending(options),
      }),
    );
  }

  /** Remove an endpoint: nothing more is sent to it. */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    const path = { endpoint_id: segment(id) };
    await take(this.api.raw.DELETE('/api/webhooks/{endpoint_id}', { params: { path }, ...ending(options) }));
  }

  /**
   * Give an endpoint a new secret. For 24 hours everything is signed with the one before it as well. Throws
   * `ConflictError` if somebody else changed it at the same time.
   */
  async rotate(id: string, options: CallOptions = {}): Promise<EndpointWithSecret> {
    const path = { endpoint_id: segment(id) };
    return withSecret(
      await takeData(
        this.api.raw.POST('/api/webhooks/{endpoint_id}/rotate', { params: { path }, ...ending(options) }),
      ),
    );
  }

  /**
   * Send an event of the type `endpoint.test` to an endpoint alone; `getDelivery` shows what became of it. Throws
   * `ConflictError` if the endpoint is disabled.
   */
  async test(id: string, options: CallOptions = {}): Promise<SentTest> {
    const path = { endpoint_id: segment(id) };
    return takeData(
      this.api.raw.POST('/api/webhooks/{endpoint_id}/test', { params: { path }, ...ending(options) }),
    );
  }

  /**
   * Deliver in the background what failed or was missed. `dryRun` counts only, and so is repeated like a read. Throws
   * `ConflictError` if the endpoint is disabled.
   */
  async recover(id: string, recovery: Recovery, options: CallOptions = {}): Promise<StartedRecovery> {
    const path = { endpoint_id: segment(id) };
    return takeData(
      this.api.raw.POST('/api/webhooks/{endpoint_id}/recover', {
        params: { path },
        body: { ...recovery, since: moment(recovery.since) },
        ...(recovery.dryRun === true ? this.api.reading(options) : ending(options)),
      }),
    );
  }

  /** List what was sent to an endpoint in the last 15 days, the newest first. */
  deliveries(id: string, { pageSize = 100, signal, ...filter }: DeliveryFilter = {}): Pages<WebhookDelivery> {
    const path = { endpoint_id: segment(id) };
    return new Pages(async (cursor) => {
      const query = { ...filter, limit: pageSize, ...at(cursor) };
      const data = await takeData(
        this.api.raw.GET('/api/webhooks/{endpoint_id}/deliveries', {
          params: { path, query },
          ...ending({ signal }),
        }),
      );
      return { items: data.deliveries, nextCursor: data.nextCursor };
    });
  }

  /** Get a delivery with its attempts and its body. */
  async getDelivery(id: string, eventId: string, options: CallOptions = {}): Promise<ShownWebhookDelivery> {
    const path = { endpoint_id: segment(id), event_id: segment(eventId) };
    return takeData(
      this.api.raw.GET('/api/webhooks/{endpoint_id}/deliveries/{event_id}', {
        params: { path },
        ...ending(options),
      }),
    );
  }

  /**
   * Attempt a delivery once more, at once, whatever became of it; the event keeps its id. Throws `ConflictError` if an
   * attempt is under way or the endpoint is disabled.
   */
  async retryDelivery(id: string, eventId: string, options: CallOptions = {}): Promise<WebhookDelivery> {
    const path = { endpoint_id: segment(id), event_id: segment(eventId) };
    return takeData(
      this.api.raw.POST('/api/webhooks/{endpoint_id}/deliveries/{event_id}/retry', {
        params: { path },
        ...ending(options),
      }),
    );
  }
}

function withSecret(data: Endpoint): EndpointWithSecret {
  const { secret, ...endpoint } = data;
  if (typeof secret !== 'string') {
    throw new UnexpectedAnswerError("The answer does not show the endpoint's secret");
  }
  return { id: endpoint.id, endpoint, secret };
}
