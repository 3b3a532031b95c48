/** Brings the focus to the page's title, where what had it is not there any more. */
export function focusTitle(): void {
  document.querySelector<HTMLElement>('main h1')?.focus();
}
