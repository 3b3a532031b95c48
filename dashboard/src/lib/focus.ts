/** Moves the focus to the page's title if the focused element is gone. */
export function focusTitle(): void {
  document.querySelector<HTMLElement>('main h1')?.focus();
}
