import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, Tags } from 'lucide-react';
import { useState } from 'react';
import { removeCategory } from '@/api/actions';
import { categoriesQuery } from '@/api/queries';
import type { Category } from '@/api/types';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { ConfirmDialog } from '@/ui/confirm-dialog';
import { Empty } from '@/ui/empty';
import { ErrorNotice } from '@/ui/error-notice';
import { SkeletonRows } from '@/ui/skeleton';
import { CategoryDialog } from './category-dialog';

type Open = { action: 'make' } | { action: 'change' | 'remove'; category: Category };

export function Categories() {
  const { data, error, refetch } = useQuery(categoriesQuery);
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => {
    setOpen(null);
  };
  return (
    <Card
      title="Categories"
      aside={
        <Button
          onClick={() => {
            setOpen({ action: 'make' });
          }}
        >
          <Plus aria-hidden className="size-4" />
          New category
        </Button>
      }
    >
      {data === undefined ? (
        error ? (
          <ErrorNotice what="The categories" error={error} onRetry={() => void refetch()} />
        ) : (
          <SkeletonRows rows={3} label="Loading categories" />
        )
      ) : data.length === 0 ? (
        <Empty icon={Tags} title="No categories yet">
          With a category for offers, say, recipients can leave those and still get everything else. Make one
          here, or with <code>bin/wavecom categories put</code>.
        </Empty>
      ) : (
        <Rows categories={data} onOpen={setOpen} />
      )}
      {open?.action === 'remove' && <RemoveDialog category={open.category} onClose={close} />}
      {open !== null && open.action !== 'remove' && (
        <CategoryDialog
          category={open.action === 'change' ? open.category : undefined}
          taken={data?.map(({ id }) => id) ?? []}
          onClose={close}
        />
      )}
    </Card>
  );
}

function Rows({ categories, onOpen }: { categories: readonly Category[]; onOpen: (open: Open) => void }) {
  return (
    <ul className="divide-y divide-line">
      {categories.map((category) => (
        <li
          key={category.id}
          className="flex flex-wrap items-center gap-x-4 gap-y-1 py-2.5 first:pt-0 last:pb-0"
        >
          <div className="min-w-0 flex-1">
            <span className="flex flex-wrap items-center gap-2 font-medium wrap-anywhere">
              {category.name}
              <Badge tone={category.transactional ? 'neutral' : 'good'}>
                {category.transactional ? 'Always sent' : 'Can be left'}
              </Badge>
            </span>
            <span className="block font-mono text-xs text-muted">{category.id}</span>
          </div>
          <Button
            variant="quiet"
            aria-label={`Change ${category.id}`}
            onClick={() => {
              onOpen({ action: 'change', category });
            }}
          >
            Change
          </Button>
          <Button
            variant="quiet"
            aria-label={`Remove ${category.id}`}
            onClick={() => {
              onOpen({ action: 'remove', category });
            }}
          >
            Remove
          </Button>
        </li>
      ))}
    </ul>
  );
}

function RemoveDialog({ category, onClose }: { category: Category; onClose: () => void }) {
  const queries = useQueryClient();
  return (
    <ConfirmDialog
      title={`Remove ${category.id}?`}
      what="The category"
      label="Remove it"
      action={() => removeCategory(category.id)}
      onDone={() => queries.invalidateQueries({ queryKey: ['preferences'] })}
      onClose={onClose}
    >
      Nothing is accepted in it any more. Who left it has left it still if it is made again.
    </ConfirmDialog>
  );
}
