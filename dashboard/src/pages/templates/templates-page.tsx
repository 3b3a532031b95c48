import { useQuery } from '@tanstack/react-query';
import { FileText, Plus } from 'lucide-react';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { templatesQuery } from '@/api/queries';
import type { Template } from '@/api/types';
import { CHANNELS } from '@/lib/vocabulary';
import { Badge } from '@/ui/badge';
import { Button, ButtonLink } from '@/ui/button';
import { Card } from '@/ui/card';
import { Empty } from '@/ui/empty';
import { ErrorNotice } from '@/ui/error-notice';
import { Moment } from '@/ui/moment';
import { PageHeader } from '@/ui/page-header';
import { SkeletonRows } from '@/ui/skeleton';
import { NewTemplateDialog } from './new-template-dialog';

export function TemplatesPage() {
  const [parameters] = useSearchParams();
  const [isNew, setIsNew] = useState(false);
  const { data, error, refetch } = useQuery(templatesQuery(parameters.get('cursor') ?? undefined));
  return (
    <>
      <PageHeader
        title="Templates"
        lead="Texts that notifications are made from, in every language."
        actions={
          <Button
            variant="primary"
            onClick={() => {
              setIsNew(true);
            }}
          >
            <Plus aria-hidden className="size-4" />
            New template
          </Button>
        }
      />
      <Card title="All templates">
        {data === undefined ? (
          error ? (
            <ErrorNotice what="The templates" error={error} onRetry={() => void refetch()} />
          ) : (
            <SkeletonRows rows={4} label="Loading templates" />
          )
        ) : data.templates.length === 0 ? (
          <Empty icon={FileText} title="No templates yet">
            Make one here, or keep them as files of a repository: <code>wavecom templates push</code>.
          </Empty>
        ) : (
          <Rows templates={data.templates} />
        )}
        {data?.nextCursor != null && (
          <ButtonLink to={`?cursor=${encodeURIComponent(data.nextCursor)}`} className="mt-4">
            Next page
          </ButtonLink>
        )}
      </Card>
      {isNew && (
        <NewTemplateDialog
          onClose={() => {
            setIsNew(false);
          }}
        />
      )}
    </>
  );
}

function Rows({ templates }: { templates: readonly Template[] }) {
  return (
    <ul className="divide-y divide-line">
      {templates.map((each) => (
        <li key={each.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 py-2.5 first:pt-0 last:pb-0">
          <div className="min-w-0 flex-1">
            <Link
              to={`/templates/${each.id}`}
              className="block truncate rounded font-medium text-accent hover:underline"
            >
              {each.id}
            </Link>
            {each.description !== null && (
              <span className="block truncate text-xs text-muted">{each.description}</span>
            )}
          </div>
          <span className="text-sm text-muted">{CHANNELS[each.channel].label}</span>
          <TemplateState template={each} />
          <span className="text-sm text-muted max-sm:hidden">
            <Moment at={each.updatedAt} ago />
          </span>
        </li>
      ))}
    </ul>
  );
}

export function TemplateState({ template }: { template: Template }) {
  if (template.archivedAt !== null) return <Badge tone="neutral">Archived</Badge>;
  if (template.published === null) return <Badge tone="warn">Not published</Badge>;
  return <Badge tone="good">Version {template.published}</Badge>;
}
