/** Lists that come in pages. */

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
      yield page;
      if (page.nextCursor === null) return;
      next = page.nextCursor;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for await (const page of this.pages()) yield* page.items;
  }
}
