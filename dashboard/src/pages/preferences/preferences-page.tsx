import { PageHeader } from '@/ui/page-header';
import { Categories } from './categories';
import { OneRecipient } from './one-recipient';

export function PreferencesPage() {
  return (
    <>
      <PageHeader
        title="Preferences"
        lead="The kinds of your messages, and which of them a recipient wants."
      />
      <div className="grid items-start gap-4 lg:grid-cols-2 lg:gap-5">
        <Categories />
        <OneRecipient />
      </div>
    </>
  );
}
