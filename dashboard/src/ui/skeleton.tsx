/** A placeholder for content that is being loaded, so that nothing moves when it arrives. */
export function Skeleton({ className = 'h-4' }: { className?: string }) {
  return <span aria-hidden className={`block animate-pulse rounded-md bg-raised ${className}`} />;
}

export function SkeletonRows({ rows, label }: { rows: number; label: string }) {
  return (
    <div role="status" aria-label={label} className="space-y-3 py-2">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} className="h-9" />
      ))}
    </div>
  );
}
