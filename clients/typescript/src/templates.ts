/**
 * Templates and their versions. All methods throw `WaveComError`.
 *
 * No call here takes an idempotency key, so those that change something are not repeated once they may have arrived.
 */

import { ending, Resource, segment, takeData } from './api.js';
import type { CallOptions } from './http.js';
import { at, Pages } from './pages.js';
import type { ListOptions } from './pages.js';
import type {
  CreateTemplate,
  CreateVersion,
  Notification,
  PreviewTemplate,
  SendTest,
  Template,
  TemplatePreview,
  TemplateVersion,
  TemplateVersionSummary,
  VariantResults,
} from './types.js';

/** Templates: `client.templates`. */
export class Templates extends Resource {
  /** List templates, archived ones too, in the order of their ids. */
  list({ pageSize = 100, ...options }: ListOptions = {}): Pages<Template> {
    return new Pages(async (cursor) => {
      const query = { limit: pageSize, ...at(cursor) };
      const data = await takeData(
        this.api.raw.GET('/api/templates', { params: { query }, ...ending(options) }),
      );
      return { items: data.templates, nextCursor: data.nextCursor };
    });
  }

  /**
   * Make a template, whose id is yours to choose. It is used once a version of it is published. Throws `ConflictError`
   * if the id is taken: perhaps by this call, if it was made before and had no answer.
   */
  async create(template: CreateTemplate, options: CallOptions = {}): Promise<Template> {
    return takeData(this.api.raw.POST('/api/templates', { body: template, ...ending(options) }));
  }

  /** Get a template. */
  async get(id: string, options: CallOptions = {}): Promise<Template> {
    const path = { template_id: segment(id) };
    return takeData(
      this.api.raw.GET('/api/templates/{template_id}', { params: { path }, ...ending(options) }),
    );
  }

  /** Make nothing from a template any more; its versions can still be read, and its id stays taken. */
  async archive(id: string, options: CallOptions = {}): Promise<Template> {
    const path = { template_id: segment(id) };
    return takeData(
      this.api.raw.DELETE('/api/templates/{template_id}', { params: { path }, ...ending(options) }),
    );
  }

  /** List a template's versions, the newest first, without their sources. */
  versions(id: string, { pageSize = 100, ...options }: ListOptions = {}): Pages<TemplateVersionSummary> {
    const path = { template_id: segment(id) };
    return new Pages(async (cursor) => {
      const query = { limit: pageSize, ...(cursor === undefined ? {} : { cursor: Number(cursor) }) };
      const data = await takeData(
        this.api.raw.GET('/api/templates/{template_id}/versions', {
          params: { path, query },
          ...ending(options),
        }),
      );
      return {
        items: data.versions,
        nextCursor: data.nextCursor === null ? null : String(data.nextCursor),
      };
    });
  }

  /**
   * Make the next version of a template. Nothing uses it before it is published, but what names its number. Throws
   * `InvalidRequestError`, whose details name the language, the part and the line.
   */
  async createVersion(
    id: string,
    version: CreateVersion,
    options: CallOptions = {},
  ): Promise<TemplateVersion> {
    const path = { template_id: segment(id) };
    return takeData(
      this.api.raw.POST('/api/templates/{template_id}/versions', {
        params: { path },
        body: version,
        ...ending(options),
      }),
    );
  }

  /** Get a version with its source in every language. */
  async getVersion(id: string, number: number, options: CallOptions = {}): Promise<TemplateVersion> {
    const path = { template_id: segment(id), number };
    return takeData(
      this.api.raw.GET('/api/templates/{template_id}/versions/{number}', {
        params: { path },
        ...ending(options),
      }),
    );
  }

  /** Use a version where none is named, within 5 seconds. Throws `ConflictError` if the template is archived. */
  async publish(id: string, number: number, options: CallOptions = {}): Promise<Template> {
    const path = { template_id: segment(id), number };
    return takeData(
      this.api.raw.POST('/api/templates/{template_id}/versions/{number}/publish', {
        params: { path },
        ...ending(options),
      }),
    );
  }

  /** Publish the version that was published before. Throws `ConflictError` if there is none. */
  async rollback(id: string, options: CallOptions = {}): Promise<Template> {
    const path = { template_id: segment(id) };
    return takeData(
      this.api.raw.POST('/api/templates/{template_id}/rollback', { params: { path }, ...ending(options) }),
    );
  }

  /** Get what became of the notifications of each variant of a version; one without variants has no results. */
  async results(id: string, number: number, options: CallOptions = {}): Promise<VariantResults[]> {
    const path = { template_id: segment(id), number };
    return takeData(
      this.api.raw.GET('/api/templates/{template_id}/versions/{number}/results', {
        params: { path },
        ...ending(options),
      }),
    );
  }

  /** Show what a version, or a source that is not stored, would send. */
  async preview(id: string, preview: PreviewTemplate, options: CallOptions = {}): Promise<TemplatePreview> {
    const path = { template_id: segment(id) };
    return takeData(
      this.api.raw.POST('/api/templates/{template_id}/preview', {
        params: { path },
        body: preview,
        ...this.api.reading(options),
      }),
    );
  }

  /** Send a version to yourself. */
  async sendTest(id: string, test: SendTest, options: CallOptions = {}): Promise<Notification> {
    const path = { template_id: segment(id) };
    return takeData(
      this.api.raw.POST('/api/templates/{template_id}/test-send', {
        params: { path },
        body: test,
        ...ending(options),
      }),
    );
  }
}
