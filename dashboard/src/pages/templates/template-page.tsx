import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { archiveTemplate, rollBackTemplate } from '@/api/actions';
import { templateQuery, versionQuery, versionsQuery } from '@/api/queries';
import type { Template, VersionSummary } from '@/api/types';
import { CHANNELS } from '@/lib/vocabulary';
import { Button } from '@/ui/button';
import { ConfirmDialog } from '@/ui/confirm-dialog';
import { ErrorNotice } from '@/ui/error-notice';
import { PageHeader } from '@/ui/page-header';
import { SkeletonRows } from '@/ui/skeleton';
import { Editor } from './editor';
import { TemplateState } from './templates-page';
import { Versions } from './versions';

export function TemplatePage() {
  const { id = '' } = useParams();
  const template = useQuery(templateQuery(id));
  const versions = useQuery(versionsQuery(id));
  const error = template.error ?? versions.error;
  const known = template.data;
  return (
    <>
      <PageHeader
        title={id}
        tabTitle={`Template ${id}`}
        lead={
          known && (
            <span className="flex flex-wrap items-center gap-2">
              {CHANNELS[known.channel].label} <TemplateState template={known} /> {known.description}
            </span>
          )
        }
        actions={known?.archivedAt === null && <TemplateActions template={known} />}
      />
      {known === undefined || versions.data === undefined ? (
        error ? (
          <ErrorNotice
            what="The template"
            error={error}
            onRetry={() => {
              void template.refetch();
              void versions.refetch();
            }}
          />
        ) : (
          <SkeletonRows rows={6} label="Loading the template" />
        )
      ) : (
        <Loaded key={id} template={known} versions={versions.data} />
      )}
    </>
  );
}

/** The editor begins with the newest version, and stays with it whatever others save meanwhile. */
function Loaded({ template, versions }: { template: Template; versions: readonly VersionSummary[] }) {
  const [basis, setBasis] = useState(versions[0]?.number ?? 0);
  const source = useQuery({ ...versionQuery(template.id, basis), enabled: basis > 0 });
  return (
    <div className="space-y-4 lg:space-y-5">
      {template.archivedAt === null &&
        (basis === 0 || source.data !== undefined ? (
          <Editor key={basis} template={template} basis={source.data} onSaved={setBasis} />
        ) : source.error ? (
          <ErrorNotice what="The version" error={source.error} onRetry={() => void source.refetch()} />
        ) : (
          <SkeletonRows rows={6} label="Loading the version" />
        ))}
      <Versions template={template} versions={versions} onEdit={setBasis} />
    </div>
  );
}

function TemplateActions({ template }: { template: Template }) {
  const queries = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: ['templates'] });
  const rollBack = useMutation({ mutationFn: () => rollBackTemplate(template.id), onSuccess: refresh });
  return (
    <>
      {template.published !== null && (
        <Button
          pending={rollBack.isPending}
          onClick={() => {
            rollBack.mutate();
          }}
        >
          Roll back
        </Button>
      )}
      <Button
        variant="danger"
        onClick={() => {
          setIsAsking(true);
        }}
      >
        Archive
      </Button>
      {rollBack.error && <ErrorNotice what="The template" error={rollBack.error} />}
      {isAsking && (
        <ConfirmDialog
          title={`Archive ${template.id}?`}
          what="The template"
          label="Archive it"
          action={() => archiveTemplate(template.id)}
          onDone={refresh}
          onClose={() => {
            setIsAsking(false);
          }}
        >
          No notification can be made from it any more. Those that were made keep their text, and the id stays
          taken.
        </ConfirmDialog>
      )}
    </>
  );
}
