/** A value as JSON below its title; a long line is scrolled to, not broken. */
export function JsonBlock({ title, value }: { title: string; value: unknown }) {
  return (
    <>
      <h3 className="mt-5 mb-1 text-xs font-medium text-muted">{title}</h3>
      <div
        role="region"
        aria-label={title}
        tabIndex={0}
        className="overflow-x-auto rounded-lg bg-raised p-3 text-xs"
      >
        <pre>{JSON.stringify(value, null, 2)}</pre>
      </div>
    </>
  );
}
