import { Check, Copy } from 'lucide-react';
import { useRef, useState } from 'react';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { Field } from '@/ui/field';

interface SecretDialogProps {
  title: string;
  secret: string;
  /** What is worth knowing beside it. */
  children: string;
  onClose: () => void;
}

/** Shows a secret, once. */
export function SecretDialog({ title, secret, children, onClose }: SecretDialogProps) {
  const input = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState<'no' | 'yes' | 'selected'>('no');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(secret);
      setCopied('yes');
    } catch {
      // Without permission, or without a secure context.
      input.current?.select();
      setCopied('selected');
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="space-y-4">
        <Field
          label="Secret"
          hint="It is not shown again. Keep it where your system reads secrets; its deliveries are verified with it."
        >
          {(described) => (
            <input
              {...described}
              ref={input}
              readOnly
              value={secret}
              onFocus={(event) => {
                event.target.select();
              }}
              className="control font-mono text-sm"
            />
          )}
        </Field>
        <p className="text-sm text-muted">{children}</p>
        <div className="flex flex-wrap items-center gap-3">
          <Button variant="primary" onClick={() => void copy()}>
            {copied === 'yes' ? (
              <Check aria-hidden className="size-4" />
            ) : (
              <Copy aria-hidden className="size-4" />
            )}
            Copy the secret
          </Button>
          <Button onClick={onClose}>I have it</Button>
          <span role="status" className="text-sm text-muted">
            {copied === 'yes' && 'Copied'}
            {copied === 'selected' && 'Selected: copy it with the keyboard'}
          </span>
        </div>
      </div>
    </Dialog>
  );
}
