/** Lists that come in pages. */

import { UnexpectedAnswerError } from './errors.js';
import type { CallOptions } from './http.js';

export interface ListOptions extends CallOptions {
  pageSize?: number;
}

/** One page. `nextCursor` leads to the next one, null on the last. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** A list that is read page by page while you iterate over its items. */
export class Pages<T> implements AsyncIterable<T> {
  readonly #page: (cursor: string | undefined) => Promise<Page<T>>;

  constructor(page: (cursor: string | undefined) => Promise<Page<T>>) {
    this.#page = page;
  }

  /** Yield whole pages, from a cursor on. */
  async *pages(cursor?: string): AsyncGenerator<Page<T>, void, void> {
    for (let next: string | undefined = cursor; ;) {
      const page = await this.#page(next);
      if (!Array.isArray(page.items)) throw new UnexpectedAnswerError('The answer is not a page');
      yield page;
      if (page.nextCursor === null) return;
      next = page.nextCursor;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for await (const page of this.pages()) yield* page.items;
  }
}

/** Return the part of a query that says where a page begins. */
export function at(cursor: string | undefined): { cursor?: string } {
  return cursor === undefined ? {} : { cursor };
}
