import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Bell, Mail, MessageSquare, Send } from 'lucide-react';
import { useId, useRef } from 'react';
import { Controller, useForm, useWatch, type SubmitHandler } from 'react-hook-form';
import { useNavigate } from 'react-router';
import { createNotification } from '@/api/actions';
import { errorsOfFields, isOnFields } from '@/api/errors';
import { sendersQuery } from '@/api/queries';
import type { CreateNotification } from '@/api/types';
import { randomKey } from '@/lib/random-key';
import { CHANNELS, namesOf, PRIORITIES } from '@/lib/vocabulary';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Choice } from '@/ui/choice';
import { ErrorNotice } from '@/ui/error-notice';
import { Field } from '@/ui/field';
import { PageHeader } from '@/ui/page-header';
import { idsOf, problemsOfAttachments, reasonToWait } from './attachments';
import { AttachmentsField } from './attachments-field';
import { Counter, SegmentCount } from './counter';
import { requestOf } from './request';
import { EMPTY, MESSAGE_MAX, rules, SUBJECT_MAX, type Form } from './rules';
import { SenderField } from './sender-field';
import { SpecialWishes } from './special-wishes';
import { useAttachments } from './use-attachments';

const ICONS = { EMAIL: Mail, SMS: MessageSquare, PUSH: Bell };
const PLACEHOLDERS = { EMAIL: 'name@example.com', SMS: '+49 30 901820', PUSH: 'Token of FCM or APNs' };

export function CreatePage() {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const form = useForm<Form>({
    resolver: zodResolver(rules),
    defaultValues: EMPTY,
    mode: 'onTouched',
    // Leaving a field by a click on the button must not move the button away from under the click.
    delayError: 400,
  });
  const { register, control, handleSubmit, setError, formState } = form;
  const { errors } = formState;
  const [type, subject, message] = useWatch({ control, name: ['type', 'subject', 'message'] });
  const senders = (useQuery(sendersQuery).data ?? []).filter((each) => each.type === type);
  const { sender, ...withoutSender } = EMPTY;
  const shown = senders.length === 0 ? withoutSender : { ...withoutSender, sender };
  const attachments = useAttachments();
  const wait = type === 'EMAIL' ? reasonToWait(attachments.files) : null;
  const besideButton = useId();

  // An unchanged form keeps its key, so a double click or a second try creates nothing twice.
  const last = useRef({ body: '', key: '' });
  const underWay = useRef(false);
  const create = useMutation({
    mutationFn: (body: CreateNotification) => {
      const text = JSON.stringify(body);
      if (last.current.body !== text) last.current = { body: text, key: randomKey() };
      return createNotification(body, last.current.key);
    },
    onSettled: () => {
      underWay.current = false;
    },
    onSuccess: async (created) => {
      void queries.invalidateQueries({ queryKey: ['notifications'] });
      await navigate(`/status/${created._id}`);
    },
    onError: (error) => {
      for (const { name, message: text } of errorsOfFields(error, shown)) {
        setError(name, { type: 'api', message: text }, { shouldFocus: true });
      }
    },
  });
  const submit: SubmitHandler<Form> = (values) => {
    // Both clicks of a double click come before the first of them has shown the button as busy.
    if (underWay.current || wait !== null) return;
    underWay.current = true;
    create.mutate(requestOf(values, idsOf(attachments.files)));
  };
  const isShown = isOnFields(create.error, type === 'EMAIL' ? { ...shown, attachments } : shown);

  return (
    <>
      <PageHeader
        title="Create a notification"
        lead="It is stored first, then queued, and sent by a provider of its channel."
      />
      <form
        noValidate
        onSubmit={(event) => void handleSubmit(submit)(event)}
        className="grid max-w-3xl gap-4"
      >
        <Card title="Recipient and content">
          <div className="space-y-5">
            <Controller
              control={control}
              name="type"
              render={({ field }) => (
                <Choice
                  legend="Type"
                  columns="grid-cols-3"
                  value={field.value}
                  onChange={(value) => {
                    field.onChange(value);
                    form.setValue('sender', EMPTY.sender);
                    if (formState.isSubmitted) void form.trigger();
                    else form.clearErrors(['recipient', 'subject']);
                  }}
                  options={namesOf(CHANNELS).map((value) => {
                    const Icon = ICONS[value];
                    return {
                      value,
                      label: CHANNELS[value].label,
                      icon: <Icon aria-hidden className="size-4 max-sm:hidden" />,
                    };
                  })}
                />
              )}
            />
            <Field label={CHANNELS[type].recipient} error={errors.recipient?.message}>
              {(described) => (
                <input
                  {...described}
                  {...register('recipient')}
                  type={type === 'EMAIL' ? 'email' : type === 'SMS' ? 'tel' : 'text'}
                  placeholder={PLACEHOLDERS[type]}
                  autoComplete="off"
                  spellCheck={false}
                  required
                  className={`control ${type === 'PUSH' ? 'font-mono text-sm' : ''}`}
                />
              )}
            </Field>
            {senders.length > 0 && <SenderField form={form} senders={senders} />}
            <Field
              label={type === 'EMAIL' ? 'Subject' : 'Subject (optional)'}
              error={errors.subject?.message}
              aside={<Counter text={subject} max={SUBJECT_MAX} from={200} />}
            >
              {(described) => (
                <input
                  {...described}
                  {...register('subject')}
                  required={type === 'EMAIL'}
                  className="control"
                />
              )}
            </Field>
            <Field
              label="Message"
              error={errors.message?.message}
              aside={
                <span className="flex gap-3">
                  {type === 'SMS' && <SegmentCount text={message} />}
                  <Counter text={message} max={MESSAGE_MAX} from={0} />
                </span>
              }
            >
              {(described) => (
                <textarea
                  {...described}
                  {...register('message')}
                  rows={6}
                  required
                  className="control resize-y"
                />
              )}
            </Field>
            {type === 'EMAIL' && (
              <AttachmentsField
                attachments={attachments}
                problems={problemsOfAttachments(create.error, create.variables?.attachments ?? [])}
              />
            )}
          </div>
        </Card>
        <Card title="Priority">
          <Controller
            control={control}
            name="priority"
            render={({ field }) => (
              <Choice
                legend="Priority"
                columns="sm:grid-cols-2"
                value={field.value}
                onChange={field.onChange}
                options={namesOf(PRIORITIES).map((value) => ({ value, ...PRIORITIES[value] }))}
              />
            )}
          />
        </Card>
        <SpecialWishes form={form} />
        {create.error && !isShown && <ErrorNotice what="The notification" error={create.error} />}
        <div className="flex flex-wrap items-center gap-3">
          <Button
            type="submit"
            variant="primary"
            pending={create.isPending}
            disabled={wait !== null}
            aria-describedby={besideButton}
          >
            <Send aria-hidden className="size-4" />
            {create.isError ? 'Try again' : 'Create'}
          </Button>
          <Button
            onClick={() => {
              form.reset(EMPTY);
              attachments.clear();
              create.reset();
            }}
          >
            Clear
          </Button>
          <p id={besideButton} className="text-sm text-muted">
            {wait ?? 'However often you click, it is created once.'}
          </p>
        </div>
      </form>
    </>
  );
}
