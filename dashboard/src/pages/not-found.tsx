import { ButtonLink } from '@/ui/button';
import { PageHeader } from '@/ui/page-header';

export function NotFoundPage() {
  return (
    <>
      <PageHeader title="There is no such page" lead="The address may have a mistake in it." />
      <ButtonLink to="/">Go to the overview</ButtonLink>
    </>
  );
}
