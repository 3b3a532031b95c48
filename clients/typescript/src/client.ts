/** `WaveCom`: the client. */

import { Api } from './api.js';
import type { Raw } from './api.js';
import { Webhooks } from './endpoints.js';
import { Events } from './feed.js';
import type { FeedOptions } from './feed.js';
import { Http } from './http.js';
import type { WaveComOptions } from './http.js';
import { Notifications } from './notifications.js';
import { Attachments, Categories, DeadLetters, Preferences, Stats, Suppressions } from './resources.js';
import { Templates } from './templates.js';

/** WaveCom's API at one address. Throws `TypeError` for an address or a key that cannot be used. */
export class WaveCom {
  readonly notifications: Notifications;
  readonly templates: Templates;
  readonly attachments: Attachments;
  readonly suppressions: Suppressions;
  readonly categories: Categories;
  readonly preferences: Preferences;
  readonly webhooks: Webhooks;
  readonly deadLetters: DeadLetters;
  readonly stats: Stats;
  /**
   * All operations of the contract, by path, for what this client has no method for. They have the same retries, and
   * throw the same errors.
   */
  readonly raw: Raw;
  readonly #http: Http;

  constructor(options: WaveComOptions) {
    this.#http = new Http(options);
    const api = new Api(this.#http);
    this.raw = api.raw;
    this.notifications = new Notifications(api);
    this.templates = new Templates(api);
    this.attachments = new Attachments(api);
    this.suppressions = new Suppressions(api);
    this.categories = new Categories(api);
    this.preferences = new Preferences(api);
    this.webhooks = new Webhooks(api);
    this.deadLetters = new DeadLetters(api);
    this.stats = new Stats(api);
  }

  /** Read the event feed: `for await (const event of client.events({ after }))`. */
  events(options: FeedOptions = {}): Events {
    return new Events(this.#http, options);
  }
}
